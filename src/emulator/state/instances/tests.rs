use super::document::Seed;
use super::stored::Token;
use super::*;
use crate::catalog::Catalog;

const SEED: u64 = 7;

fn draft() -> Draft {
    let element = Catalog::documented().find("mailjet").unwrap();
    Draft {
        element: element.clone(),
        details: Details::pack("Test", None::<&[&str]>, element, []),
    }
}

fn seeded<'a>(organization: &'a str, id: u64, token: &'a str) -> Chosen<'a> {
    let (id, token) = (Some(id), Some(token));
    Chosen {
        organization,
        draft: draft(),
        id,
        token,
    }
}

fn derived(organization: &str, id: u64) -> Token {
    Token::Inline(identity::token(SEED, organization, id))
}

fn found(store: &Store, token: &str) -> Option<(String, u64)> {
    let (organization, stored) = store.by_token(token, SEED)?;
    Some((organization.to_string(), stored.id))
}

/// Rule `instance-token`: a created instance is found by what its token tells, and no table grows with it.
#[test]
fn a_derived_token_needs_no_entry() {
    let store = Store::default();
    let created = ["a", "b"].map(|of| store.insert(of, draft(), SEED, 0));
    assert!(store.state.lock().chosen.is_empty());
    assert_eq!(found(&store, &created[1].token), Some(("b".into(), 1234)));
    store.remove("b", 1234);
    assert_eq!(found(&store, &created[1].token), None);
    let fingerprint = identity::fingerprint("b");
    let formerly = store.formerly_of(&created[1].token, SEED);
    assert_eq!(formerly, Some(fingerprint));
    assert_eq!(store.formerly_of(&derived("b", 1235), SEED), None);
}

#[test]
fn a_token_that_a_test_has_given_away_is_not_given_to_its_own_instance() {
    let store = Store::default();
    let taken = derived("a", 1234);
    let seeded_elsewhere = vec![seeded("b", 99, &taken)];
    assert!(store.seed(seeded_elsewhere, SEED, 0).is_ok());
    let created = store.insert("a", draft(), SEED, 0);
    assert_ne!(*created.token, *taken);
    assert_eq!(found(&store, &taken), Some(("b".into(), 99)));
    assert_eq!(found(&store, &created.token), Some(("a".into(), 1234)));
    // Its own token becomes free again, but it is another's by then.
    store.remove("b", 99);
    assert_eq!(found(&store, &taken), None);
}

#[test]
fn a_token_that_a_living_instance_tells_cannot_be_seeded() {
    let store = Store::default();
    let created = store.insert("a", draft(), SEED, 0);
    let refused = store.seed(vec![seeded("b", 1, &created.token)], SEED, 0);
    assert_eq!(refused.unwrap_err().0, 0);
}

#[test]
fn tokens_of_another_seed_are_found_after_a_restore() {
    let store = Store::default();
    let created = store.insert("a", draft(), SEED + 1, 0);
    let sections = store.sections(None);
    store.restore(None, sections, SEED).unwrap();
    assert_eq!(found(&store, &created.token), Some(("a".into(), 1234)));
    store.clear(Some("a"));
    assert_eq!(found(&store, &created.token), None);
}

#[test]
fn an_emptied_organization_keeps_its_name_and_its_counter_and_nothing_else() {
    let store = Store::default();
    store.insert("a", draft(), SEED, 0);
    store.remove("a", 1234);
    assert_eq!(store.insert("a", draft(), SEED, 0).id, 1235);
    store.remove("a", 1235);
    let state = store.state.lock();
    assert!(state.organizations.is_empty() && state.by_fingerprint.is_empty());
    assert_eq!(state.next_id("a"), Some(1236));
    drop(state);
    assert!(store.has_issued("a", 1235) && !store.has_issued("a", 1236));
    let fingerprint = identity::fingerprint("a");
    assert_eq!(
        store.formerly_of(&derived("a", 1235), SEED),
        Some(fingerprint)
    );
    let sections = store.sections(None);
    assert_eq!(
        sections
            .iter()
            .map(|section| section.next_id)
            .collect::<Vec<_>>(),
        [1236]
    );
    store.clear(Some("a"));
    assert_eq!(store.insert("a", draft(), SEED, 0).id, 1234);
}

#[test]
fn a_seed_is_read_by_serde_with_the_same_errors() {
    let read = r#"{"organization": "o", "element": "mailjet", "name": "n", "id": 7}"#;
    let read = serde_json::from_str::<Seed>(read).unwrap();
    assert_eq!(read, Seed::new("o", "mailjet", "n").id(7));
    let refused = serde_json::from_str::<Seed>(r#"{"organization": "o"}"#);
    assert!(refused.unwrap_err().to_string().contains("element"));
}
