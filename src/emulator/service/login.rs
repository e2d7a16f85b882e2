//! Handlers that log a user in and give out the secrets that the other calls need.
//!
//! Nothing is kept: token and secrets derive from the seed and the user's name, so the same user gets the same ones.

use http::header::AUTHORIZATION;

use super::provision;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};
use crate::emulator::{Emulator, identity};
use crate::rules;
use crate::wire::error::ApiError;
use crate::wire::json::{Json, object};
use crate::wire::vocabulary::{member, word};

/// `POST /authentication`
pub(in crate::emulator) fn log_in(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let body = call.json()?;
    provision::members(body)?;
    let [name, password] = required(body, [member::USERNAME, member::PASSWORD])?;
    if let Some((user, accepted)) = &emulator.settings.login
        && (name, password) != (user, accepted)
    {
        return Err(ApiError::unauthorized(&rules::LOGIN));
    }
    let token = identity::login_token(emulator.seed(), name);
    let body = object([(member::TOKEN, token.into())]);
    Ok(Outcome::json(call.rule, body.to_bytes()))
}

/// `GET /authentication/secrets`
pub(in crate::emulator) fn secrets(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let seed = emulator.seed();
    let header = call.context.request.header_text(&AUTHORIZATION);
    let token = header.and_then(|header| header.trim().strip_prefix(word::BEARER));
    let token = token.and_then(|rest| rest.strip_prefix([' ', '\t']));
    let login = token.and_then(|token| identity::logged_in(seed, token.trim()));
    let login = login.ok_or_else(|| ApiError::unauthorized(call.rule))?;
    let (user, organization) = emulator.settings.credentials.clone().unwrap_or_else(|| {
        let secret = |number| identity::login_secret(seed, login, number);
        (secret(0), secret(1))
    });
    let body = object([
        ("userSecret", user.into()),
        ("organizationSecret", organization.into()),
    ]);
    Ok(Outcome::json(call.rule, body.to_bytes()))
}

/// The texts of members that must be there and not blank; all that are not are named at once.
fn required<'b>(body: &'b Json<'_>, names: [&str; 2]) -> Result<[&'b str; 2], ApiError> {
    let text = |name: &str| body.get(name).and_then(Json::as_str).unwrap_or_default();
    let missing = names.iter().filter(|name| text(name).trim().is_empty());
    let missing: Vec<_> = missing
        .map(|name| format!("{name} is required and must be text that is not blank"))
        .collect();
    match missing.is_empty() {
        true => Ok(names.map(text)),
        false => Err(ApiError::bad_request(&rules::LOGIN, missing.join("; "))),
    }
}
