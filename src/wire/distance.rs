//! The distance of two spellings, where only near ones matter.
//!
//! Most of what is compared begins alike or differs in length: what both have in front is skipped, and what cannot be
//! near is not looked at. Otherwise a refusal with a hint would take longer than any other answer.

/// Counts the characters to change, leave out or put in to make `b` of `a`; `None` for more than `limit`.
pub(crate) fn within(limit: usize, a: &str, b: &str) -> Option<usize> {
    let alike = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    let alike: usize = alike.map(|(character, _)| character.len_utf8()).sum();
    let (a, b) = (&a[alike..], &b[alike..]);
    if a.chars().count().abs_diff(b.chars().count()) > limit {
        return None;
    }
    Some(strsim::levenshtein(a, b)).filter(|distance| *distance <= limit)
}

/// Finds the candidate nearest to `text`, without case, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(
    text: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = text
        .chars()
        .take(64)
        .collect::<String>()
        .to_ascii_lowercase();
    let distance =
        |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_ascii_lowercase());
    let (near, distance) = candidates
        .map(|c| (c, distance(c)))
        .min_by_key(|(_, distance)| *distance)?;
    (distance <= (near.len() / 3).max(1)).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::swapped("sendgird", Some("sendgrid"))]
    #[case::other_case("MailJet", Some("mailjet"))]
    #[case::far("pigeon", None)]
    #[case::hostile(&"é".repeat(100_000), None)]
    fn the_nearest_candidate_is_found(#[case] text: &str, #[case] nearest_one: Option<&str>) {
        let known = ["sendgrid", "mailjet", "twilio"];
        assert_eq!(nearest(text, known.into_iter()), nearest_one);
    }

    #[rstest]
    #[case::same("instances", "instances", Some(0))]
    #[case::left_out("instance", "instances", Some(1))]
    #[case::beyond_ascii("é", "éa", Some(1))]
    #[case::too_long("i", "instances", None)]
    #[case::too_different("abcdef", "uvwxyz", None)]
    fn only_near_spellings_have_a_distance(
        #[case] a: &str,
        #[case] b: &str,
        #[case] distance: Option<usize>,
    ) {
        assert_eq!(within(3, a, b), distance);
    }
}
