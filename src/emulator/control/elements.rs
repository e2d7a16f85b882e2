//! The catalog while the server runs: elements are listed, added and taken away.

use super::handlers::{done, ok, refused};
use crate::catalog::Element;
use crate::catalog::fixture::Fixture;
use crate::emulator::Emulator;
use crate::emulator::call::Call;
use crate::emulator::outcome::Handled;
use crate::wire::json::{Json, object};

/// `GET /__admin/elements` → `[{"id", "key", "name", "hub", "builtIn"}]`
pub(in crate::emulator) fn list_elements(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    let catalog = emulator.catalog();
    let all = catalog.elements().iter();
    Ok(ok(call, &all.map(|element| line(element)).collect()))
}

/// `POST /__admin/elements` with a catalog fixture → `{"id", "key", "name", "hub", "builtIn"}`
pub(in crate::emulator) fn add_element(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    call.json()?;
    let text = String::from_utf8_lossy(call.context.body());
    let fixture = Fixture::parse(&text).map_err(|error| refused(error.to_string()))?;
    emulator.add_element(&fixture)?;
    Ok(ok(call, &line(&Element::new(&fixture))))
}

/// `DELETE /__admin/elements/{keyOrId}`
pub(in crate::emulator) fn remove_element(emulator: &Emulator, call: &Call<'_, '_>) -> Handled {
    emulator.remove_element(call.key_or_id().unwrap_or_default())?;
    Ok(done(call))
}

fn line(element: &Element) -> Json<'_> {
    object([
        ("id", element.id().into()),
        ("key", element.key().into()),
        ("name", element.name().into()),
        ("hub", element.hub().into()),
        ("builtIn", element.is_built_in().into()),
    ])
}
