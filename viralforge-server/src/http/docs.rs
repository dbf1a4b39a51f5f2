//! The description of the interface, as a page for people and as the document itself. The page is made from the document,
//! and needs no script and nothing from elsewhere.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::{HeaderName, header};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::openapi::{api, document};
use crate::app::App;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/docs", get(page)).route("/v1/openapi.json", get(openapi_json))
}

const STYLE: &str = include_str!("docs.css");

static PAGE: LazyLock<String> = LazyLock::new(whole);

/// The only style that the page may have is its own.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// Get the description of all this
///
/// As OpenAPI 3.1, for programs that make clients.
#[utoipa::path(get, path = "/v1/openapi.json", operation_id = "openapi", responses((status = 200, body = Object)))]
pub(super) async fn openapi_json() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], document())
}

/// Read this page
#[utoipa::path(get, path = "/docs", operation_id = "docs",
    responses((status = 200, body = String, content_type = "text/html")))]
pub(super) async fn page() -> ([(HeaderName, &'static str); 2], &'static str) {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, &POLICY)], &PAGE)
}

fn whole() -> String {
    let (mut links, mut sections) = (String::new(), String::new());
    for tag in list(&api()["tags"]) {
        let name = text(&tag["name"]);
        links += &format!("<h2><a href='#{name}'>{name}</a></h2>");
        sections += &format!("<h2 id='{name}'>{name}</h2>{}", rich(&tag["description"]));
        for (path, method, operation) in object(&api()["paths"])
            .flat_map(|(path, item)| object(item).map(move |(method, operation)| (path, method, operation)))
            .filter(|(.., operation)| operation["tags"][0] == tag["name"])
        {
            links += &format!("<a href='#{}'>{}</a>", text(&operation["operationId"]), text(&operation["summary"]));
            sections += &article(path, method, operation);
        }
    }
    let (title, version) = (text(&api()["info"]["title"]), text(&api()["info"]["version"]));
    let about = rich(&api()["info"]["description"]);
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>{title} API</title><style>{STYLE}</style><nav><a class=brand href='#top'>{title}</a>{links}</nav>\
         <main id=top><h1>{title} API <small>{version}</small></h1>{about}\
         <p>For programs: <a href='/v1/openapi.json'>openapi.json</a></p>{sections}</main></html>"
    )
}

fn article(path: &str, method: &str, operation: &Value) -> String {
    let row =
        |p: &Value| row(&text(&p["name"]), p["required"] == true, &text(&p["in"]), &p["schema"], &p["description"]);
    let parameters = table("<h4>Parameters</h4>", list(&operation["parameters"]).map(row).collect());
    let media = |(content_type, media): (&String, &Value)| {
        format!("<p><small>{content_type}</small>{}", details(&media["schema"]))
    };
    let body: String = object(&operation["requestBody"]["content"]).map(media).collect();
    let body = if body.is_empty() { body } else { format!("<h4>Body</h4>{body}") };
    let answers = object(&operation["responses"]).map(|(status, answer)| {
        let is_problem = answer.get("$ref").is_some();
        let answer = resolved(answer);
        let bodies: String = object(&answer["content"]).filter(|_| !is_problem).map(media).collect();
        let class = if is_problem { "problem" } else { "good" };
        format!("<dt class={class}>{status}<dd>{}{bodies}", rich(&answer["description"]))
    });
    format!(
        "<article id='{}'><h3>{}</h3><p class=line><b class={method}>{method}</b> {path}</p>{}{parameters}{body}\
         <h4>Answers</h4><dl>{}</dl><h4>Example</h4><pre>{}</pre></article>",
        text(&operation["operationId"]),
        text(&operation["summary"]),
        rich(&operation["description"]),
        answers.collect::<String>(),
        escaped(&curl(path, method, operation))
    )
}

/// What a schema is made of, to be opened; nothing where its name says it all.
fn details(schema: &Value) -> String {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let (title, inside) = (text(&resolved(schema)["title"]), resolved(schema));
    let forms: String = list(&inside["oneOf"]).chain(list(&inside["items"]["oneOf"])).map(details).collect();
    let fields = |part: &Value| -> String {
        let part = resolved(part);
        let required = |name: &String| list(&part["required"]).any(|known| known == name);
        object(&part["properties"])
            .map(|(name, field)| row(name, required(name), "", field, &field["description"]))
            .collect()
    };
    let rows = table("", fields(inside) + &list(&inside["allOf"]).map(fields).collect::<String>());
    match (if name.is_empty() { title } else { name.to_owned() }, rows + &forms) {
        (_, inside) if inside.is_empty() => inside,
        (name, inside) if name.is_empty() => inside,
        (name, rows) => format!("<details><summary>{name} {}</summary>{rows}</details>", rich(&inside["description"])),
    }
}

fn table(title: &str, rows: String) -> String {
    if rows.is_empty() { rows } else { format!("{title}<table>{rows}</table>") }
}

fn row(name: &str, required: bool, place: &str, schema: &Value, about: &Value) -> String {
    let place = if required { format!("{place} <em>required</em>") } else { place.to_owned() };
    let default = schema.get("default").filter(|default| !default.is_null());
    let default = default.map(|default| format!("<p>Default: <code>{}</code>", escaped(&default.to_string())));
    let (form, default, nested) =
        (form(schema), default.unwrap_or_default(), details(schema) + &details(&schema["items"]));
    let nested = if nested.is_empty() { nested } else { format!("<tr><td colspan=2>{nested}") };
    format!("<tr><td><code>{name}</code> {place}<br><small>{form}</small><td>{}{default}{nested}", rich(about))
}

/// What a value looks like, in a few words.
fn form(schema: &Value) -> String {
    let joined =
        |values: &Value, with: &str, form: fn(&Value) -> String| list(values).map(form).collect::<Vec<_>>().join(with);
    let word = |value: &Value| value.as_str().map_or_else(|| escaped(&value.to_string()), escaped);
    let range = |key: &str, sign: &str| schema.get(key).map(|bound| format!(" {sign} {bound}")).unwrap_or_default();
    match schema
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
        .find(|(key, _)| FORMS.contains(key))
    {
        Some(("$ref", path)) => text(path).rsplit('/').next().unwrap_or_default().to_owned(),
        Some(("enum", values)) => joined(values, " | ", word),
        Some(("oneOf" | "anyOf", forms)) => joined(forms, " or ", form),
        Some(("const", value)) => word(value),
        Some((_, kind)) if kind == "array" => format!("list of {}", form(&schema["items"])),
        Some((_, kind)) if kind.is_array() => joined(kind, " or ", word),
        Some((_, kind)) => word(kind) + &range("minimum", "≥") + &range("maximum", "≤"),
        None => "any".to_owned(),
    }
}

/// What tells the form of a value.
const FORMS: [&str; 6] = ["$ref", "anyOf", "const", "enum", "oneOf", "type"];

fn curl(path: &str, method: &str, operation: &Value) -> String {
    let mut line = match method {
        "get" => "curl".to_owned(),
        "head" => "curl --head".to_owned(),
        method => format!("curl -X {}", method.to_uppercase()),
    };
    if operation.get("security").is_some() {
        line += " -H \"Authorization: Bearer $KEY\"";
    }
    for header in
        list(&operation["parameters"]).filter(|header| header["in"] == "header" && header.get("example").is_some())
    {
        let example = header["example"].as_str().map_or_else(|| header["example"].to_string(), str::to_owned);
        line += &format!(" -H '{}: {example}'", header["name"].as_str().unwrap_or_default());
    }
    for (content_type, media) in
        object(&operation["requestBody"]["content"]).filter(|_| operation["requestBody"]["required"] == true)
    {
        let data =
            media.get("example").map_or("--data-binary @talk.mp4".to_owned(), |example| format!("-d '{example}'"));
        line += &format!(" -H 'Content-Type: {content_type}' {data}");
    }
    let query = if path.contains("{name}") { "?expires=…&signature=…" } else { "" };
    format!("{line} \"$URL{}{query}\"", path.replace("{id}", "$ID").replace("{name}", "$NAME"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn resolved(schema: &Value) -> &Value {
    schema["$ref"].as_str().and_then(|path| api().pointer(path.trim_start_matches('#'))).unwrap_or(schema)
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// The little Markdown that descriptions have: paragraphs, numbered lists, code, bold words.
fn rich(value: &Value) -> String {
    let paired = |text: &str, mark: &str, tag: &str| -> String {
        let tagged = |(i, piece)| if i % 2 == 1 { format!("<{tag}>{piece}</{tag}>") } else { String::from(piece) };
        text.split(mark).enumerate().map(tagged).collect()
    };
    let html = paired(&paired(&text(value), "`", "code"), "**", "b");
    let paragraphs = html.split("\n\n").filter(|text| !text.is_empty()).map(|text| {
        let item =
            |line: &str| Some(format!("<li>{}", line.split_once(". ").filter(|(n, _)| n.parse::<u8>().is_ok())?.1));
        let items: Option<String> = text.lines().map(item).collect();
        items.map_or_else(|| format!("<p>{text}"), |items| format!("<ol>{items}</ol>"))
    });
    paragraphs.collect()
}
