#!/usr/bin/env python3
"""Writes docs/page.html, the page for people at /docs, from openapi.json, or prints it (--print). The page needs no
script and nothing from elsewhere."""

import json
import re
import sys
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
API = json.loads((HERE.parent / "openapi.json").read_text(encoding="utf-8"))


def resolved(part):
    """What a reference within the document leads to."""
    if "$ref" not in part:
        return part
    found = API
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def name_of(schema):
    return schema.get("$ref", "").rsplit("/", 1)[-1]


def rich(text):
    """The little Markdown that descriptions have: paragraphs, numbered lists, code, bold words."""
    text = re.sub(r"`(.*?)`", r"<code>\1</code>", escape(text or ""), flags=re.DOTALL)
    text = re.sub(r"\*\*(.*?)\*\*", r"<b>\1</b>", text, flags=re.DOTALL)
    html = ""
    for paragraph in filter(None, text.split("\n\n")):
        items = [re.fullmatch(r"\d+\. (.*)", line) for line in paragraph.splitlines()]
        is_list = all(items)
        html += "<ol>" + "".join(f"<li>{item[1]}" for item in items) + "</ol>" if is_list else f"<p>{paragraph}"
    return html


def word(value):
    return escape(value if isinstance(value, str) else json.dumps(value))


def form(schema):
    """What a value looks like, in a few words."""
    if "$ref" in schema:
        return name_of(schema)
    for key in ["anyOf", "oneOf"]:
        if key in schema:
            return " or ".join(map(form, schema[key]))
    if "const" in schema:
        return word(schema["const"])
    if "enum" in schema:
        return " | ".join(map(word, schema["enum"]))
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {form(schema.get('items', {}))}"
    bounds = [f" {sign} {schema[key]}" for key, sign in [("minimum", "≥"), ("maximum", "≤")] if key in schema]
    return (" or ".join(kind) if isinstance(kind, list) else kind) + "".join(bounds)


def details(schema):
    """What a schema is made of, to be opened; nothing where its name says it all."""
    inside = resolved(schema)
    rows = ""
    for part in map(resolved, [inside, *inside.get("allOf", [])]):
        for name, field in part.get("properties", {}).items():
            rows += row(name, name in part.get("required", []), "", field, field.get("description"))
    forms = [*inside.get("oneOf", []), *inside.get("items", {}).get("oneOf", [])]
    content = (f"<table>{rows}</table>" if rows else "") + "".join(map(details, forms))
    title = name_of(schema) or inside.get("title")
    if not content or not title:
        return content
    return f"<details><summary>{title} {rich(inside.get('description'))}</summary>{content}</details>"


def row(name, required, place, schema, about):
    place += " <em>required</em>" if required else ""
    default = schema.get("default")
    default = "" if default is None else f"<p>Default: <code>{escape(json.dumps(default))}</code>"
    nested = details(schema) + details(schema.get("items", {}))
    nested = nested and f"<tr><td colspan=2>{nested}"
    return (f"<tr><td><code>{escape(name)}</code> {place}<br><small>{form(schema)}</small>"
            f"<td>{rich(about)}{default}{nested}\n")


def media(content):
    return "".join(f"<p><small>{kind}</small>{details(media['schema'])}" for kind, media in content.items())


def curl(path, method, operation):
    line = {"get": "curl", "head": "curl --head"}.get(method, f"curl -X {method.upper()}")
    if "security" in operation:
        line += ' -H "Authorization: Bearer $KEY"'
    for header in operation.get("parameters", []):
        if header["in"] == "header" and "example" in header:
            line += f" -H '{header['name']}: {header['example']}'"
    body = operation.get("requestBody") or {}
    for kind, media in body.get("content", {}).items() if body.get("required") else []:
        data = f"-d '{json.dumps(media['example'])}'" if "example" in media else "--data-binary @talk.mp4"
        line += f" -H 'Content-Type: {kind}' {data}"
    query = "?expires=…&signature=…" if path.startswith("/v1/files/") else ""
    return f'{line} "$URL{path.replace("{id}", "$ID").replace("{name}", "$NAME")}{query}"'


def article(path, method, operation):
    parameters = "".join(
        row(p["name"], p.get("required"), p["in"], p["schema"], p.get("description"))
        for p in operation.get("parameters", []))
    parameters = parameters and f"<h4>Parameters</h4><table>{parameters}</table>"
    body = media((operation.get("requestBody") or {}).get("content", {}))
    body = body and f"<h4>Body</h4>{body}"
    answers = ""
    for status, answer in operation["responses"].items():
        is_problem = "$ref" in answer
        answer = resolved(answer)
        bodies = "" if is_problem else media(answer.get("content", {}))
        color = "wrong" if is_problem else "right"
        answers += f"<dt class={color}>{status}<dd>{rich(answer['description'])}{bodies}\n"
    return (f"<article id='{operation['operationId']}'><h3>{escape(operation['summary'])}</h3>"
            f"<p class=line><b class={method}>{method}</b> {path}</p>{rich(operation.get('description'))}{parameters}{body}"
            f"<h4>Answers</h4><dl>{answers}</dl>"
            f"<h4>Example</h4><pre>{escape(curl(path, method, operation))}</pre></article>\n")


def page():
    links = sections = ""
    for tag in API["tags"]:
        name = tag["name"]
        links += f"<h2><a href='#{name}'>{name}</a></h2>"
        sections += f"<section><h2 id='{name}'>{name}</h2>{rich(tag['description'])}\n"
        for path, item in API["paths"].items():
            for method, operation in item.items():
                if operation["tags"][0] == name:
                    links += f"<a href='#{operation['operationId']}'>{escape(operation['summary'])}</a>\n"
                    sections += article(path, method, operation)
        sections += "</section>\n"
    title, version, style = API["info"]["title"], API["info"]["version"], (HERE / "page.css").read_text(encoding="utf-8")
    return ("<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            f"<title>{title} API</title><style>{style}</style>\n<nav><a class=brand href='#top'>{title}</a>{links}</nav>\n"
            f"<main id=top><h1>{title} API <small>{version}</small></h1>{rich(API['info']['description'])}"
            f"<p>For programs: <a href='/v1/openapi.json'>openapi.json</a></p>\n{sections}</main></html>\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.buffer.write(page().encode())
    else:
        (HERE / "page.html").write_text(page(), encoding="utf-8")
