//! The store against a model of it: a sorted map an organization, and nothing clever.

use std::collections::BTreeMap;

use mock_ce::{Json, Outcome};
use proptest::prelude::*;

use super::steps::{Step, Verb, Way, step};

/// An instance, as far as clients tell it apart.
#[derive(Clone, Debug, PartialEq)]
struct Modelled {
    element: &'static str,
    name: String,
    tags: Option<Vec<String>>,
    token: String,
}

#[derive(Debug, Default)]
struct Namespace {
    issued: u64,
    instances: BTreeMap<u64, Modelled>,
}

/// Everybody's instances.
#[derive(Debug, Default)]
struct Model(BTreeMap<String, Namespace>);

impl Model {
    /// The token of the instance that the step means; one that nobody has when there is none.
    fn token(&self, step: &Step) -> String {
        let namespace = self.0.get(&step.secret());
        let instance = namespace.and_then(|namespace| namespace.instances.get(&step.id));
        instance.map_or("nobody=".to_owned(), |instance| instance.token.clone())
    }

    /// Takes the step, and compares what the service answered with what it had to.
    fn take(&mut self, step: &Step, outcome: &Outcome) {
        let namespace = self.0.entry(step.secret()).or_default();
        match step.verb {
            Verb::Create => namespace.create(step, outcome),
            Verb::List => namespace.list(step, outcome),
            _ => namespace.act(step, outcome),
        }
    }
}

impl Namespace {
    fn create(&mut self, step: &Step, outcome: &Outcome) {
        let id = 1234 + self.issued;
        self.issued += 1;
        let token = body(outcome)
            .get("token")
            .and_then(Json::as_str)
            .map(str::to_owned);
        let created = Modelled {
            element: step.key(),
            name: step.name.clone().unwrap_or("unnamed".to_owned()),
            tags: step.tags.clone(),
            token: token.expect("a token"),
        };
        assert_shows(&body(outcome), step, id, &created);
        self.instances.insert(id, created);
    }

    fn act(&mut self, step: &Step, outcome: &Outcome) {
        let by_element = step.way == Way::Element;
        let instance = self.instances.get_mut(&step.id);
        let instance = instance.filter(|instance| !by_element || instance.element == step.key());
        let Some(instance) = instance else {
            let by_token = step.way == Way::Token && step.verb != Verb::Get;
            let expected = if by_token { 401 } else { 404 };
            assert_eq!(outcome.reply.status, expected);
            return;
        };
        assert_eq!(outcome.reply.status, 200, "{outcome:?}");
        if step.verb == Verb::Delete {
            assert!(outcome.reply.body.is_empty());
            self.instances.remove(&step.id);
            return;
        }
        if step.verb == Verb::Move {
            instance.element = step.key();
        }
        if step.verb != Verb::Get {
            instance.name = step.name.clone().unwrap_or(instance.name.clone());
            instance.tags = step.tags.clone().or(instance.tags.clone());
        }
        assert_shows(&body(outcome), step, step.id, instance);
    }

    fn list(&self, step: &Step, outcome: &Outcome) {
        let listed: Vec<_> = self
            .instances
            .iter()
            .filter(|(_, instance)| is_listed(step, instance))
            .collect();
        if listed.is_empty() {
            assert_eq!(outcome.reply.status, 404);
            return;
        }
        let header = |name| {
            outcome
                .reply
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        assert_eq!(
            header("elements-total-count"),
            Some(&*listed.len().to_string())
        );
        assert_eq!(
            header("elements-next-page-token").is_some(),
            listed.len() > step.page
        );
        let body = body(outcome);
        let shown = body.as_array().expect("an array");
        assert_eq!(shown.len(), listed.len().min(step.page));
        for (shown, (id, instance)) in shown.iter().zip(listed) {
            assert_shows(shown, step, *id, instance);
        }
    }
}

fn is_listed(step: &Step, instance: &Modelled) -> bool {
    let of_element = step.way != Way::Element || instance.element == step.key();
    // Until some are sent, the own name stands for them.
    let has = |tag: &String| match &instance.tags {
        Some(tags) => tags.contains(tag),
        None => instance.name == *tag,
    };
    let search = step.name.as_ref().map(|name| name.to_lowercase());
    let found = |text: &String| {
        instance.name.to_lowercase().contains(text) || instance.element.contains(text.as_str())
    };
    of_element && step.tags.iter().flatten().all(has) && search.as_ref().is_none_or(found)
}

fn body(outcome: &Outcome) -> Json<'_> {
    assert_eq!(outcome.reply.status, 200, "{outcome:?}");
    Json::parse(&outcome.reply.body).expect("the body is JSON")
}

fn assert_shows(shown: &Json<'_>, step: &Step, id: u64, instance: &Modelled) {
    let text = |json: &Json<'_>, name| json.get(name).and_then(Json::as_str).map(str::to_owned);
    assert_eq!(shown.get("id").and_then(Json::as_u64), Some(id));
    assert_eq!(text(shown, "name").as_ref(), Some(&instance.name));
    assert_eq!(text(shown, "token").as_ref(), Some(&instance.token));
    let element = shown.get(step.dialect.noun()).expect("the element");
    assert_eq!(text(element, "key").as_deref(), Some(instance.element));
}

proptest! {
    #![proptest_config(super::cases(100))]

    /// Rules `credential-namespace`, `instance-list`, `by-element`, `by-token` and those of every verb, interleaved.
    #[test]
    fn the_service_is_what_a_simple_model_says(steps in prop::collection::vec(step(), 1..60)) {
        let (emulator, mut model) = (super::emulator(), Model::default());
        for step in &steps {
            let outcome = emulator.answer(&step.request(&model.token(step)));
            model.take(step, &outcome);
        }
        let kept: Vec<_> = emulator.instances(None).into_iter().map(|kept| (kept.organization, kept.id, kept.element, kept.name, kept.tags, kept.token)).collect();
        let expected = model.0.into_iter().flat_map(|(secret, namespace)| {
            namespace.instances.into_iter().map(move |(id, instance)| (secret.clone(), id, instance.element.to_owned(), instance.name, instance.tags.unwrap_or_default(), instance.token))
        });
        prop_assert_eq!(kept, expected.collect::<Vec<_>>());
    }
}
