//! A stranger with the package: the README is short, its links lead somewhere, and its test compiles and passes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::{blocks, path, text};

const MAX_README_LEN: usize = 10 * 1024;

fn cargo(directory: &Path, arguments: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).arg("--offline");
    cargo.current_dir(directory).output().unwrap()
}

#[test]
fn the_readme_can_be_read_in_one_sitting() {
    let len = text("README.md").len();
    assert!(len <= MAX_README_LEN, "{len} bytes");
}

#[test]
fn each_link_of_the_readme_leads_to_a_file_of_the_package() {
    let output = cargo(&path(""), &["package", "--list", "--allow-dirty"]);
    let files = String::from_utf8(output.stdout).unwrap();
    let readme = text("README.md");
    let links = readme.split("](").skip(1);
    let links: Vec<_> = links.map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(links.len() >= 8, "{links:?}");
    for link in links {
        assert!(files.lines().any(|file| file == link), "{link}");
    }
}

#[test]
fn packaging_has_nothing_to_warn_of() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package");
    let words = ["package", "--no-verify", "--allow-dirty", "--target-dir"];
    let output = cargo(
        &path(""),
        &[&words[..], &[target.to_str().unwrap()]].concat(),
    );
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !told.contains("warning"),
        "{told}"
    );
}

/// The README repeats three figures and a date of the published measurement.
#[test]
fn the_headline_figures_are_those_of_the_results() {
    let (readme, results) = (text("README.md"), text("benches/results.md"));
    let own = results
        .lines()
        .filter(|line| line.starts_with("| mock-ce |"));
    let own: String = own.collect();
    let figures: Vec<_> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("- **")?.split([' ', '*']).next())
        .filter(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    assert_eq!(figures.len(), 3, "{figures:?}");
    for figure in figures {
        assert!(own.contains(&format!(" {figure} ")), "{figure}");
    }
    let (_, measured) = readme.split_once("Measured on ").unwrap();
    assert!(results.contains(&measured[..10]), "{}", &measured[..10]);
}

/// Builds a crate from nothing but the README's two blocks, and runs its test.
#[test]
fn the_test_of_the_readme_needs_no_more_than_its_manifest() {
    let [dependencies] = <[String; 1]>::try_from(blocks("README.md", "toml")).unwrap();
    let [test] = <[String; 1]>::try_from(blocks("README.md", "rust")).unwrap();
    let here = path("").display().to_string().replace('\\', "/");
    let dependencies = dependencies.replace("../mock-ce", &here);
    assert!(dependencies.contains(&here));
    // Kept from run to run, so that only what has changed is compiled again.
    let client = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let head = "[package]\nname = \"client\"\nedition = \"2024\"\n\n[workspace]\n\n";
    fs::create_dir_all(client.join("tests")).unwrap();
    fs::create_dir_all(client.join("src")).unwrap();
    fs::write(client.join("src/lib.rs"), "").unwrap();
    fs::write(client.join("Cargo.toml"), head.to_owned() + &dependencies).unwrap();
    fs::write(client.join("tests/provisioning.rs"), test).unwrap();
    fs::copy(path("Cargo.lock"), client.join("Cargo.lock")).unwrap();
    let target = client.join("target");
    let words = ["test", "--test", "provisioning", "--target-dir"];
    let output = cargo(&client, &[&words[..], &[target.to_str().unwrap()]].concat());
    let (said, told) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{said}{told}");
    assert!(said.contains("1 passed"), "{said}{told}");
    assert!(!told.contains("warning"), "{told}");
}
