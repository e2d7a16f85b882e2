//! The text of a condition, read by recursive descent.

use std::fmt;

use super::{Comparison, Expression, Test};

/// The first place of a `where` clause that does not fit the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CeqlProblem {
    /// The place, in characters from 1.
    pub character: usize,
    /// The problem: `"a member's name is expected, the end was found"`.
    pub reason: String,
}

impl fmt::Display for CeqlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: {}", self.character, self.reason)
    }
}

impl std::error::Error for CeqlProblem {}

/// Nesting beyond this is refused, so that a hostile text cannot exhaust the stack.
const MAX_DEPTH: usize = 32;

pub(super) fn parse(text: &str) -> Result<Expression, CeqlProblem> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let expression = parser.any()?;
    match parser.word_or_mark() {
        "" => Ok(expression),
        _ => Err(parser.expected("AND, OR or the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn any(&mut self) -> Result<Expression, CeqlProblem> {
        let mut parts = vec![self.all()?];
        while self.take_keyword("OR") {
            parts.push(self.all()?);
        }
        Ok(single_or(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, CeqlProblem> {
        let mut parts = vec![self.operand()?];
        while self.take_keyword("AND") {
            parts.push(self.operand()?);
        }
        Ok(single_or(parts, Expression::All))
    }

    fn operand(&mut self) -> Result<Expression, CeqlProblem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.problem("the condition is nested too deeply".to_owned()));
        }
        let operand = if self.take_keyword("NOT") {
            Expression::Not(Box::new(self.operand()?))
        } else if self.take_mark("(") {
            let inner = self.any()?;
            self.require_mark(")", "a closing parenthesis")?;
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(operand)
    }

    fn test(&mut self) -> Result<Expression, CeqlProblem> {
        let field = self.word_or_mark();
        if !field.starts_with(is_name_character) {
            return Err(self.expected("a member's name"));
        }
        self.at += field.len();
        let field = field.to_owned();
        if self.take_keyword("NOT") {
            let test = match self.range()? {
                Some(test) => test,
                None => return Err(self.expected("LIKE or IN")),
            };
            return Ok(Expression::Not(Box::new(Expression::Test { field, test })));
        }
        if self.take_keyword("IS") {
            return self.null(field);
        }
        let test = match self.range()? {
            Some(test) => test,
            None => self.comparison()?,
        };
        Ok(Expression::Test { field, test })
    }

    /// `LIKE 'a%'` or `IN ('a', 'b')`.
    fn range(&mut self) -> Result<Option<Test>, CeqlProblem> {
        if self.take_keyword("LIKE") {
            return Ok(Some(Test::Like(self.value()?)));
        }
        if !self.take_keyword("IN") {
            return Ok(None);
        }
        self.require_mark("(", "an opening parenthesis")?;
        let mut choices = vec![self.value()?];
        while self.take_mark(",") {
            choices.push(self.value()?);
        }
        self.require_mark(")", "a comma or a closing parenthesis")?;
        Ok(Some(Test::In(choices)))
    }

    /// Parses `NULL` or `NOT NULL` behind `IS`.
    fn null(&mut self, field: String) -> Result<Expression, CeqlProblem> {
        let is_negated = self.take_keyword("NOT");
        if !self.take_keyword("NULL") {
            return Err(self.expected("NULL or NOT NULL"));
        }
        let test = Expression::Test {
            field,
            test: Test::IsNull,
        };
        Ok(if is_negated {
            Expression::Not(Box::new(test))
        } else {
            test
        })
    }

    fn comparison(&mut self) -> Result<Test, CeqlProblem> {
        // The longer ones first.
        const OPERATORS: [(&str, Comparison); 7] = [
            ("!=", Comparison::Unequal),
            ("<>", Comparison::Unequal),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let taken = OPERATORS.iter().find(|(mark, _)| self.take_mark(mark));
        let (_, comparison) =
            taken.ok_or_else(|| self.expected("an operator such as = or LIKE"))?;
        Ok(Test::Compare(*comparison, self.value()?))
    }

    /// A text in single quotes, or a bare word or number.
    fn value(&mut self) -> Result<String, CeqlProblem> {
        let word = self.word_or_mark();
        if word == "'" {
            return self.quoted();
        }
        let is_bare = word.parse::<f64>().is_ok()
            || word.eq_ignore_ascii_case("true")
            || word.eq_ignore_ascii_case("false");
        if !is_bare {
            return Err(self.expected("a value such as 'text' or 5"));
        }
        self.at += word.len();
        Ok(word.to_ascii_lowercase())
    }

    fn quoted(&mut self) -> Result<String, CeqlProblem> {
        let body = &self.text[self.at + 1..];
        let mut value = String::new();
        let mut characters = body.char_indices().peekable();
        while let Some((offset, character)) = characters.next() {
            if character != '\'' {
                value.push(character);
            } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
                value.push('\'');
            } else {
                self.at += offset + 2;
                return Ok(value);
            }
        }
        Err(self.problem("the text is not closed; end it with a single quote".to_owned()))
    }

    /// The next word, number or mark behind blanks, which are skipped; empty at the end.
    fn word_or_mark(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        let word = trimmed.trim_start_matches(is_name_character);
        let len = match trimmed.len() - word.len() {
            0 => trimmed.chars().next().map_or(0, char::len_utf8),
            len => len,
        };
        &trimmed[..len]
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let word = self.word_or_mark();
        let is_it = word.eq_ignore_ascii_case(keyword);
        self.at += if is_it { word.len() } else { 0 };
        is_it
    }

    fn take_mark(&mut self, mark: &str) -> bool {
        self.word_or_mark();
        let is_it = self.text[self.at..].starts_with(mark);
        self.at += if is_it { mark.len() } else { 0 };
        is_it
    }

    fn require_mark(&mut self, mark: &str, name: &str) -> Result<(), CeqlProblem> {
        if self.take_mark(mark) {
            return Ok(());
        }
        Err(self.expected(name))
    }

    fn expected(&mut self, wanted: &str) -> CeqlProblem {
        let found = match self.word_or_mark() {
            "" => "the end".to_owned(),
            found => format!("{:?}", found.chars().take(40).collect::<String>()),
        };
        self.problem(format!("{wanted} is expected, {found} was found"))
    }

    fn problem(&self, reason: String) -> CeqlProblem {
        let character = self.text[..self.at].chars().count() + 1;
        CeqlProblem { character, reason }
    }
}

/// Characters of names and numbers.
fn is_name_character(character: char) -> bool {
    character.is_alphanumeric()
        || matches!(character, '_' | '.' | '-' | '+' | '[' | ']' | '*' | '$')
}

fn single_or(mut parts: Vec<Expression>, whole: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => whole(parts),
    }
}
