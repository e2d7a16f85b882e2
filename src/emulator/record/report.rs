//! The report of a run: its gates and its ledger, as JSON and as JUnit XML.

use std::fmt::Write as _;

use super::gate::Gate;
use super::ledger::Ledger;
use crate::rules::Grade;
use crate::wire::json::{Json, object};
use crate::wire::markup::escape;

/// The verdict on a run: its ledger, and what became of each gate.
///
/// As JSON: `{"passed": false, "gates": [{"gate": "deny-leaks", "passed": false, "reason": "…"}], "ledger": {…}}`; the
/// ledger's shape stands at [`Ledger`].
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    ledger: Ledger,
    gates: Vec<(Gate, Result<(), String>)>,
}

impl Report {
    /// Judges the run of this ledger by these gates.
    #[must_use]
    pub fn new(ledger: Ledger, gates: impl IntoIterator<Item = Gate>) -> Self {
        let judged = gates.into_iter().map(|gate| (gate, gate.judge(&ledger)));
        Report {
            gates: judged.collect(),
            ledger,
        }
    }

    /// The gates that failed, with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (Gate, &str)> {
        self.gates.iter().filter_map(move |judged| {
            let (gate, verdict) = judged;
            verdict
                .as_ref()
                .err()
                .map(|reason| (*gate, reason.as_str()))
        })
    }

    /// The ledger of the run.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The shape that the type's documentation gives.
    #[must_use]
    pub fn to_json(&self) -> Json<'static> {
        let gates = self.gates.iter().map(|(gate, verdict)| {
            object([
                ("gate", gate.name().into()),
                ("passed", verdict.is_ok().into()),
                ("reason", verdict.clone().err().into()),
            ])
        });
        object([
            ("passed", (self.failures().count() == 0).into()),
            ("gates", gates.collect()),
            ("ledger", self.ledger.to_json()),
        ])
    }

    /// The report as JUnit XML: a test suite with a test case a gate, and the ledger as its output.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let (tests, failures) = (self.gates.len(), self.failures().count());
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let _ = writeln!(
            xml,
            "<testsuites name=\"mock-ce\" tests=\"{tests}\" failures=\"{failures}\">\n\
             \x20 <testsuite name=\"mock-ce\" tests=\"{tests}\" failures=\"{failures}\">\n\
             \x20   <properties>"
        );
        for grade in Grade::ALL.iter().rev() {
            let count = self.ledger.count(*grade);
            let _ = writeln!(
                xml,
                "      <property name=\"relied.{grade}\" value=\"{count}\"/>"
            );
        }
        xml.push_str("    </properties>\n");
        for (gate, verdict) in &self.gates {
            push_case(&mut xml, *gate, verdict);
        }
        let told = escape(&self.ledger.to_string());
        let _ = write!(
            xml,
            "    <system-out>{told}</system-out>\n  </testsuite>\n</testsuites>\n"
        );
        xml
    }
}

fn push_case(xml: &mut String, gate: Gate, verdict: &Result<(), String>) {
    let (name, demand) = (gate.name(), escape(gate.demand()));
    let _ = match verdict {
        Ok(()) => writeln!(
            xml,
            "    <testcase classname=\"mock-ce.gate\" name=\"{name}: {demand}\"/>"
        ),
        Err(reason) => writeln!(
            xml,
            "    <testcase classname=\"mock-ce.gate\" name=\"{name}: {demand}\">\n      <failure message=\"{}\"/>\n    </testcase>",
            escape(reason)
        ),
    };
}

impl serde_core::Serialize for Report {
    /// In the shape that the type's documentation gives.
    fn serialize<S: serde_core::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::record::ledger::Mishap;
    use crate::rules;

    fn report() -> Report {
        let ledger = Ledger {
            relied: vec![(rules::find("create").unwrap(), 2)],
            mishaps: vec![Mishap::UsedAfterDeletion("<\"a\" & 'b'>\u{1}".to_owned())],
            ..Ledger::default()
        };
        Report::new(ledger, [Gate::Leaks, Gate::Mishaps])
    }

    #[test]
    fn a_report_as_json_names_each_gate_and_its_reason() {
        let json = report().to_json();
        assert_eq!(json.get("passed").and_then(Json::as_bool), Some(false));
        assert_eq!(
            json.get("gates").unwrap().to_string(),
            r#"[{"gate":"deny-leaks","passed":true,"reason":null},{"gate":"deny-mishaps","passed":false,"reason":"1 mishap"}]"#
        );
        assert!(json.get("ledger").unwrap().get("mishaps").is_some());
    }

    #[test]
    fn a_report_as_junit_is_escaped() {
        assert_eq!(
            report().to_junit(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"mock-ce\" tests=\"2\" failures=\"1\">\n\
             \x20 <testsuite name=\"mock-ce\" tests=\"2\" failures=\"1\">\n\
             \x20   <properties>\n\
             \x20     <property name=\"relied.recorded\" value=\"0\"/>\n\
             \x20     <property name=\"relied.scripted\" value=\"0\"/>\n\
             \x20     <property name=\"relied.guide\" value=\"2\"/>\n\
             \x20     <property name=\"relied.vendor\" value=\"0\"/>\n\
             \x20     <property name=\"relied.client\" value=\"0\"/>\n\
             \x20     <property name=\"relied.assumed\" value=\"0\"/>\n\
             \x20   </properties>\n\
             \x20   <testcase classname=\"mock-ce.gate\" name=\"deny-leaks: Every instance that was created was deleted\"/>\n\
             \x20   <testcase classname=\"mock-ce.gate\" name=\"deny-mishaps: No instance was deleted twice, and no token used after deletion\">\n\
             \x20     <failure message=\"1 mishap\"/>\n\
             \x20   </testcase>\n\
             \x20   <system-out>ledger: rules relied upon, by grade: 2 guide\n\
             \x20 guide: create (2)\n\
             \x20 mishap: the token &lt;&quot;a&quot; &amp; &#39;b&#39;&gt;\u{fffd} was used after deletion</system-out>\n\
             \x20 </testsuite>\n\
             </testsuites>\n"
        );
    }
}
