//! The login pages for browsers, which no other page may frame (rule `jsp-frame`).

use http::header::X_FRAME_OPTIONS;

use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::{Handled, Outcome};

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Log in</title></head>\
    <body><p>This mock has nobody to log in: clients send their secrets with each request.</p></body></html>\n";

/// `GET /elements/jsp/login.jsp`, and whatever else is named there
pub(in crate::emulator) fn page(_: &Emulator, call: &Call<'_, '_>) -> Handled {
    Ok(Outcome::page(call.rule, PAGE.to_owned()).header(X_FRAME_OPTIONS, "SAMEORIGIN"))
}
