//! The builder methods of everything that has a predicate, written once.

/// Gives a type the builder methods for conditions on requests, or on what came of them.
///
/// The type has `fn with(self, name: &str, made: Made) -> Self`, which panics where the condition was refused.
macro_rules! conditions {
    (request) => {
        /// Only requests with this verb.
        ///
        /// # Panics
        /// When no client sends this verb.
        #[track_caller]
        pub fn method(self, method: http::Method) -> Self {
            self.methods([method])
        }

        /// Only requests with any of these verbs.
        ///
        /// # Panics
        /// When there are none, or no client sends one of them.
        #[track_caller]
        pub fn methods(self, methods: impl IntoIterator<Item = http::Method>) -> Self {
            let methods: Vec<_> = methods.into_iter().collect();
            let names = methods.iter().map(http::Method::as_str);
            self.with(
                "method",
                $crate::emulator::steer::predicate::Condition::methods(names),
            )
        }

        /// Only requests to a path that fits: `*` and `{name}` are any one segment, `**` is any number of them.
        ///
        /// # Panics
        /// When the pattern is blank, or has a query or a host.
        #[track_caller]
        pub fn path(self, pattern: &str) -> Self {
            self.with(
                "path",
                $crate::emulator::steer::predicate::Condition::path(pattern),
            )
        }

        /// Only requests with this query parameter, decoded.
        ///
        /// # Panics
        /// When the name is empty.
        #[track_caller]
        pub fn query(self, name: &str, value: impl ToString) -> Self {
            let expected = $crate::emulator::steer::predicate::Expected::Is(value.to_string());
            self.with(
                "query",
                $crate::emulator::steer::predicate::Condition::query(name, expected),
            )
        }

        /// Only requests without this query parameter.
        ///
        /// # Panics
        /// When the name is empty.
        #[track_caller]
        pub fn query_absent(self, name: &str) -> Self {
            let expected = $crate::emulator::steer::predicate::Expected::Absent;
            self.with(
                "query",
                $crate::emulator::steer::predicate::Condition::query(name, expected),
            )
        }

        /// Only requests with this header.
        ///
        /// # Panics
        /// When the name is not one of a header.
        #[track_caller]
        pub fn header(self, name: &str, value: impl ToString) -> Self {
            let expected = $crate::emulator::steer::predicate::Expected::Is(value.to_string());
            self.with(
                "header",
                $crate::emulator::steer::predicate::Condition::header(name, expected),
            )
        }

        /// Only requests with a header of this name, whatever it says.
        ///
        /// # Panics
        /// When the name is not one of a header.
        #[track_caller]
        pub fn header_present(self, name: &str) -> Self {
            let expected = $crate::emulator::steer::predicate::Expected::Present;
            self.with(
                "header",
                $crate::emulator::steer::predicate::Condition::header(name, expected),
            )
        }

        /// Only requests without a header of this name.
        ///
        /// # Panics
        /// When the name is not one of a header.
        #[track_caller]
        pub fn header_absent(self, name: &str) -> Self {
            let expected = $crate::emulator::steer::predicate::Expected::Absent;
            self.with(
                "header",
                $crate::emulator::steer::predicate::Condition::header(name, expected),
            )
        }

        /// Only requests whose body is this JSON, members in any order.
        ///
        /// # Panics
        /// When serde cannot write the value as JSON.
        #[track_caller]
        pub fn body_json(self, value: impl serde_core::Serialize) -> Self {
            let json = $crate::emulator::steer::predicate::json_of(&value);
            let body = $crate::emulator::steer::predicate::BodyCondition::Json(json);
            self.with(
                "body",
                $crate::emulator::steer::predicate::Condition::body(body),
            )
        }

        /// Only requests whose body is JSON with at least these members and items.
        ///
        /// # Panics
        /// When serde cannot write the value as JSON.
        #[track_caller]
        pub fn body_contains(self, value: impl serde_core::Serialize) -> Self {
            let json = $crate::emulator::steer::predicate::json_of(&value);
            let body = $crate::emulator::steer::predicate::BodyCondition::Contains(json);
            self.with(
                "body",
                $crate::emulator::steer::predicate::Condition::body(body),
            )
        }

        /// Only requests whose JSON body has this value at a JSON pointer: `"/element/key"`.
        ///
        /// # Panics
        /// When the pointer is neither empty nor starts with a slash, or serde cannot write the value as JSON.
        #[track_caller]
        pub fn body_at(self, pointer: &str, value: impl serde_core::Serialize) -> Self {
            let json = $crate::emulator::steer::predicate::json_of(&value);
            let body =
                $crate::emulator::steer::predicate::BodyCondition::At(pointer.to_owned(), json);
            self.with(
                "body pointer",
                $crate::emulator::steer::predicate::Condition::body(body),
            )
        }

        /// Only requests whose body is this text.
        pub fn body_text(self, text: &str) -> Self {
            let body = $crate::emulator::steer::predicate::BodyCondition::Text(text.to_owned());
            self.with(
                "body",
                $crate::emulator::steer::predicate::Condition::body(body),
            )
        }

        /// Only requests whose body has this text in it.
        pub fn body_text_contains(self, part: &str) -> Self {
            let body =
                $crate::emulator::steer::predicate::BodyCondition::TextContains(part.to_owned());
            self.with(
                "body",
                $crate::emulator::steer::predicate::Condition::body(body),
            )
        }

        /// Only requests about the element with this key or id, which they name in the path or in the body.
        ///
        /// An element that the catalog lacks is refused by whoever is given it.
        ///
        /// # Panics
        /// When the key is blank.
        #[track_caller]
        pub fn element(self, key: impl AsRef<str>) -> Self {
            self.with(
                "element",
                $crate::emulator::steer::predicate::Condition::element(key.as_ref()),
            )
        }

        /// Only requests of the organization with this secret.
        ///
        /// # Panics
        /// When the secret is blank.
        #[track_caller]
        pub fn organization(self, secret: impl AsRef<str>) -> Self {
            let made = $crate::emulator::steer::predicate::Condition::organization(secret.as_ref());
            self.with("organization", made)
        }

        /// Only requests for which the closure says so.
        ///
        /// It may ask the server that it is given to; a request that it sends there is held against it in its turn.
        pub fn matching(
            self,
            closure: impl Fn(&$crate::Request) -> bool + Send + Sync + 'static,
        ) -> Self {
            self.with(
                "matching",
                $crate::emulator::steer::predicate::Condition::matching(closure),
            )
        }
    };
    (answer) => {
        /// Only requests about the instance with this id.
        pub fn instance(self, id: u64) -> Self {
            self.with(
                "instance",
                $crate::emulator::steer::predicate::Condition::instance(id),
            )
        }

        /// Only requests that this rule decided: `"create"`.
        ///
        /// # Panics
        /// When there is no such rule.
        #[track_caller]
        pub fn rule(self, id: impl AsRef<str>) -> Self {
            self.with(
                "rule",
                $crate::emulator::steer::predicate::Condition::rule(id.as_ref()),
            )
        }

        /// Only requests that a rule of this grade decided.
        pub fn grade(self, grade: $crate::Grade) -> Self {
            self.with(
                "grade",
                $crate::emulator::steer::predicate::Condition::grade(grade.name()),
            )
        }

        /// Only requests that were answered with this status: a `u16` or a `StatusCode`.
        ///
        /// # Panics
        /// When the status is not from 200 to 999.
        #[track_caller]
        pub fn status(self, status: impl $crate::wire::status::Status) -> Self {
            let status = u64::from(status.number());
            self.with(
                "status",
                $crate::emulator::steer::predicate::Condition::statuses([status]),
            )
        }
    };
}

pub(crate) use conditions;
