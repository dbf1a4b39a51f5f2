//! The description of the interface (OpenAPI 3.1): from the handlers, their types, and the library's schemas.

use axum::http::StatusCode;
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use viralforge_core::schema;

use super::page::Filter;
use super::{
    account, assets, confirm, connections, direct, events, exports, files, half, jobs, oauth, operations, operator,
    plain, reset, second_factor, sign_in, tus, webhooks, workers,
};
use crate::job::{self, Kind};
use crate::problem::{CODES, Problem};
use crate::{asset, export, upload};

/// Every handler; a test finds those that are missing here.
#[derive(OpenApi)]
#[openapi(
    info(title = "ViralForge", description = include_str!("openapi.md"), license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")),
    paths(
        tus::offer, tus::create, tus::list, tus::offset, tus::append, tus::terminate, tus::state, direct::begin, direct::complete,
        assets::list, assets::one, assets::delete, assets::files, plain::file, plain::form,
        jobs::create, jobs::list, jobs::one, jobs::cancel, jobs::replay, events::follow, assets::job_files,
        workers::claim, workers::heartbeat, workers::store, workers::complete, workers::fail,
        files::read,
        sign_in::sign_up, sign_in::sign_in, sign_in::refresh, sign_in::sign_out,
        reset::reset, confirm::confirm, operator::end_sessions, operator::reset_password,
        operator::turn_second_factor_off, second_factor::one, second_factor::enroll, second_factor::confirm,
        second_factor::turn_off, half::finish,
        oauth::providers, oauth::begin, oauth::finish, connections::begin, connections::list, connections::end,
        account::one, account::leave, account::change_password, account::sessions, account::end_session, account::keys,
        account::make_key, super::export::export, exports::ask, exports::list, exports::one, exports::end,
        webhooks::make, webhooks::list, webhooks::one, webhooks::enable, webhooks::end, webhooks::deliveries,
        account::end_key, account::events,
        operations::health, operations::ready, operations::metrics_page, super::docs::openapi_json, super::docs::page,
    ),
    components(schemas(Problem)),
    tags(
        (name = "uploads", description = "Bring a file: resumable uploads by tus 1.0."),
        (name = "assets", description = "What was uploaded, whether it was taken, and what was made of it."),
        (name = "jobs", description = "Have something done with an asset, and follow it."),
        (name = "workers", description = "Do jobs in programs of your own."),
        (name = "files", description = "Read what was made, by signed addresses."),
        (name = "auth", description = "Sign in as a user of your own; programs that have an API key need none of this."),
        (name = "account", description = "Your own account: password, sessions, API keys, and what happened to it."),
        (name = "connections", description = "Accounts of yours elsewhere: YouTube, TikTok, Instagram, and those you sign in with."),
        (name = "webhooks", description = "Have this server tell yours when jobs are over."),
        (name = "operator", description = "What the operator does for users, with the key of the server's configuration."),
        (name = "operations", description = "For whoever runs the server, and for programs that read this. No key is needed."),
    )
)]
struct Handlers;

/// The form of an identifier.
const ID: &str = "^[0-9a-f]{32}$";

/// Statuses that any operation may answer with; the fifth only those with a rate, the last two those that need a key.
const ANYWHERE: [u16; 7] = [414, 431, 500, 503, 429, 401, 403];

/// The document as text, as it is checked in.
pub(crate) fn document() -> String {
    // Nothing in it has a name that is no text, which alone could fail.
    serde_json::to_string_pretty(&build()).unwrap_or_default() + "\n"
}

fn build() -> Value {
    let mut handlers = Handlers::openapi();
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key, an access token, or the key of the server's configuration."))
        .build();
    handlers.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(key));
    let mut document = serde_json::to_value(handlers).unwrap_or_default();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            finish(path, method, operation);
        }
    }
    let components = &mut document["components"];
    components["responses"] = problems();
    describe(&mut components["schemas"]);
    document
}

/// What follows from the path: the group, the key, parameters that are everywhere the same, and problems.
fn finish(path: &str, method: &str, operation: &mut Value) {
    let tag = path.split('/').nth(2).filter(|tag| {
        ["uploads", "assets", "jobs", "files", "auth", "account", "connections", "webhooks", "operator"].contains(tag)
    });
    if operation["tags"][0] != "workers" {
        operation["tags"] = json!([tag.unwrap_or("operations")]);
    }
    let keyed = tag.is_some_and(|tag| !["files", "auth"].contains(&tag)) && method != "options";
    if keyed {
        operation["security"] = json!([{ "key": [] }]);
    }
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let mut parameter = |name: &str, place: &str, schema: Value| {
        parameters.retain(|known| known["name"] != name);
        parameters.push(json!({ "name": name, "in": place, "required": place == "path", "schema": schema }));
    };
    let has_id = path.contains("{id}") && (path, method) != ("/v1/assets/{id}", "put");
    if has_id {
        parameter("id", "path", json!({ "type": "string", "pattern": ID }));
    }
    let is_list = operation["operationId"].as_str().is_some_and(|id| id.starts_with("list"));
    if is_list {
        parameter("cursor", "query", json!({ "type": "string", "format": "cursor" }));
        parameter("limit", "query", json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 }));
    }
    let filters: &[Filter] = match (path, is_list) {
        ("/v1/assets", true) => &assets::FILTERS,
        ("/v1/uploads", true) => &tus::FILTERS,
        ("/v1/jobs", true) => &*jobs::FILTERS,
        _ => &[],
    };
    for (name, values) in filters {
        let schema =
            if values.is_empty() { json!({ "type": "string", "pattern": ID }) } else { json!({ "enum": values }) };
        parameter(name, "query", schema);
    }
    if ["/v1/uploads", "/v1/uploads/{id}"].contains(&path) && !["get", "options"].contains(&method) {
        parameters.push(json!({ "name": "Tus-Resumable", "in": "header", "required": true, "example": "1.0.0",
                                "schema": { "const": "1.0.0" } }));
    }
    for parameter in &mut parameters {
        let is_slot = parameter["name"] == "slot";
        let schema = &mut parameter["schema"];
        if is_slot {
            *schema = json!({ "enum": ["video", "image", "audio"] });
        }
        // Only JSON has a null.
        if let Some(kinds) = schema["type"].as_array() {
            schema["type"] = kinds[0].clone();
        }
    }
    operation["parameters"] = parameters.into();
    let body = operation.get_mut("requestBody");
    let has_body = body.is_some();
    body.map(binary);
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    let count = if keyed { 7 } else { 4 + usize::from(tag == Some("auth")) };
    let anywhere = ANYWHERE.iter().take(count).chain(is_list.then_some(&400)).chain(has_id.then_some(&404));
    let with_body = [400, 413, 415, 422, 507];
    let anywhere = anywhere.chain(with_body.iter().filter(|_| has_body));
    for status in anywhere {
        responses.entry(status.to_string()).or_insert(Value::Null);
    }
    for (status, response) in responses.iter_mut() {
        binary(response);
        if status.as_str() >= "400" && response.get("content").is_none() {
            *response = json!({ "$ref": format!("#/components/responses/{status}") });
        } else if response.get("description").is_none() {
            let meaning = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok()?.canonical_reason());
            response["description"] = meaning.into();
        }
    }
}

/// Bytes are described as such, not as a list of numbers.
fn binary(body: &mut Value) {
    for (content_type, media) in body.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten() {
        match content_type.as_str() {
            "*/*" => media["schema"] = json!({}),
            "multipart/form-data" => {
                let bytes = json!({ "type": "string", "format": "binary" });
                let slot = json!({ "enum": ["video", "image", "audio"] });
                media["schema"] = json!({ "type": "object", "required": ["file"], "additionalProperties": false,
                                          "properties": { "slot": slot, "file": bytes } });
            }
            kind if kind.ends_with("octet-stream") => media["schema"] = json!({ "type": "string", "format": "binary" }),
            _ => {}
        }
    }
}

/// One answer for each status, with its codes.
fn problems() -> Value {
    let mut answers = json!({});
    for (status, code, meaning) in CODES {
        let answer = &mut answers[status.to_string()];
        let before = answer["description"].as_str().map(|text| format!("{text}; ")).unwrap_or_default();
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        *answer = json!({ "description": format!("{before}`{code}`: {meaning}"),
                          "content": { "application/problem+json": { "schema": schema } } });
    }
    answers
}

/// Puts in what the types of the handlers do not tell: states, and the library's own schemas.
fn describe(schemas: &mut Value) {
    let library = schema();
    let report = |name: &str| {
        let mut verbs = library["verbs"].as_array().into_iter().flatten();
        verbs.find(|verb| verb["name"] == name).map(|verb| verb["report"].clone()).unwrap_or_default()
    };
    let either = |schema: &str| json!([{ "type": "null" }, { "$ref": format!("#/components/schemas/{schema}") }]);
    schemas["Progress"] = library["progress"].clone();
    schemas["MediaInfo"] = report("probe");
    schemas["UploadReport"] = report("validate_upload");
    schemas["JobError"] = json!({ "type": "object", "required": ["code", "message"], "properties": {
        "code": { "enum": library["error_codes"] }, "message": { "type": "string" } } });
    schemas["Refusal"] = json!({ "description": "The finding of `validate_upload`.", "type": "object",
        "required": ["code", "message"], "properties": { "code": { "type": "string" }, "message": { "type": "string" } } });
    schemas["ExportError"] = json!({ "type": "object", "required": ["code", "message"], "properties": {
        "code": { "enum": export::ERRORS }, "message": { "type": "string" } } });
    let codes = CODES.map(|(_, code, _)| code);
    for (field, facts) in [
        ("/Problem/properties/code", json!({ "enum": codes })),
        ("/Upload/properties/state", json!({ "enum": upload::STATES })),
        ("/Upload/properties/problem", json!({ "oneOf": either("Refusal") })),
        ("/Asset/properties/state", json!({ "enum": asset::STATES })),
        ("/Asset/properties/report", json!({ "oneOf": either("UploadReport") })),
        ("/AssetView/allOf/1/properties/media", json!({ "oneOf": either("MediaInfo") })),
        ("/Job/properties/state", json!({ "enum": job::STATES })),
        ("/Job/properties/progress", json!({ "oneOf": either("Progress") })),
        ("/Job/properties/error", json!({ "oneOf": either("JobError") })),
        ("/Export/properties/state", json!({ "enum": export::STATES })),
        ("/Export/properties/error", json!({ "oneOf": either("ExportError") })),
    ] {
        let described = schemas.pointer_mut(field).and_then(Value::as_object_mut);
        described.into_iter().zip(facts.as_object()).for_each(|(known, facts)| known.extend(facts.clone()));
    }
    for item in ["Asset", "Export", "FileView", "Job", "Upload"] {
        let items = json!({ "$ref": format!("#/components/schemas/{item}") });
        schemas[format!("Page_{item}")]["properties"]["items"]["items"] = items;
    }
    let mut kinds = Vec::new();
    for kind in Kind::public() {
        let options = format!("options-{}", kind.name());
        let (summary, schema) = kind.options();
        schemas[&options] = schema;
        let mut form = schemas["JobRequest"].clone();
        form["title"] = json!(kind.name());
        form["description"] = json!(summary);
        form["additionalProperties"] = json!(false);
        form["properties"]["kind"] = json!({ "const": kind.name() });
        form["properties"]["options"] = json!({ "$ref": format!("#/components/schemas/{options}") });
        form["properties"]["asset_id"]["pattern"] = json!(ID);
        kinds.push(form);
    }
    schemas["JobRequest"] = json!({ "description": schemas["JobRequest"]["description"], "oneOf": kinds });
}

#[cfg(test)]
mod tests {
    use viralforge_core::ErrorKind;

    use super::*;

    #[test]
    fn what_is_checked_in_is_what_the_code_says() {
        let checked_in = include_str!("../../openapi.json");
        let command = "cargo run -p viralforge-server -- openapi > viralforge-server/openapi.json";
        assert!(document() == checked_in, "viralforge-server/openapi.json is out of date; write it anew: {command}");
    }

    #[test]
    fn the_page_for_people_is_made_from_what_is_checked_in() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        let made = std::process::Command::new("python3").arg(folder.join("page.py")).arg("--print").output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let checked_in = include_bytes!("../../docs/page.html");
        assert!(made.stdout == checked_in, "viralforge-server/docs/page.html is out of date; run docs/page.py");
    }

    #[test]
    fn every_route_is_described() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
        let sources = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let mut routes = 0;
        for path in sources.filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
            let (api, source) = (build(), std::fs::read_to_string(&path).unwrap());
            for route in source.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                let known = |route: &str| !api["paths"][route].is_null();
                assert!(known(route) || known(&format!("/v1{route}")), "{}: {route}", path.display());
                routes += 1;
            }
        }
        assert!(routes > 10);
    }

    /// Of two types of one name, the document would hold one alone, and say it of both.
    #[test]
    fn no_two_types_that_are_described_share_a_name() {
        let mut seen = std::collections::BTreeMap::new();
        let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap();
                let described = source.split("ToSchema)]").skip(1).filter_map(|rest| {
                    let words: Vec<&str> = rest.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
                    let is_type =
                        |w: &&[&str]| matches!(w[0], "struct" | "enum") && w[1].starts_with(char::is_uppercase);
                    words.windows(2).find(is_type).map(|w| w[1].to_owned())
                });
                for name in described {
                    let (here, there) = (path.display().to_string(), seen.insert(name.clone(), path.clone()));
                    assert!(there.is_none(), "{name} is in {here} and in {there:?}");
                }
            }
        }
        assert!(seen.len() > 30, "{seen:?}");
    }

    #[test]
    fn every_code_of_the_library_and_of_the_host_is_described() {
        let components = &build()["components"];
        let schemas = &components["schemas"];
        let has = |schema: &str, code: &str| {
            schemas[schema]["properties"]["code"]["enum"].as_array().unwrap().contains(&json!(code))
        };
        assert!(ErrorKind::ALL.into_iter().all(|kind| has("JobError", kind.code())));
        for (status, code, _) in CODES {
            let answer = &components["responses"][status.to_string()]["description"];
            assert!(has("Problem", code) && answer.as_str().unwrap().contains(code), "{code}");
        }
    }

    #[test]
    fn nothing_is_referred_to_that_is_not_there() {
        let api = build();
        for reference in document().split("\"$ref\": \"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(api.pointer(reference).is_some(), "{reference}");
        }
    }
}
