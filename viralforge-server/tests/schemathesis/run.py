#!/usr/bin/env python3
"""Starts the server, gives it an asset that is accepted and a job that is done, and has Schemathesis look for answers
that differ from openapi.json. The program is VIRALFORGE_SERVER; arguments go to Schemathesis. It stands on the engines that
tests/engines/run.sh names, or on SQLite and a folder."""

import base64
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
VIDEO = HERE.parents[2] / "fuzz" / "seeds" / "h264-aac.mp4"
KEY = "0123456789abcdef0123456789abcdef"
WAIT_SECONDS = 60


def main() -> int:
    with tempfile.TemporaryDirectory() as data:
        environment = {
            "VIRALFORGE_DATA": data,
            "VIRALFORGE_LISTEN": "127.0.0.1:0",
            "VIRALFORGE_API_KEY": KEY,
            "VIRALFORGE_WORKERS": "1",
            # Requests without a key are counted by address.
            **{f"VIRALFORGE_RATE_{what}": "off" for what in ("GENERAL", "ANALYSES", "UPLOADS", "PARTS", "SIGN_INS")},
            **engines(),
        }
        server = subprocess.Popen(
            [os.environ["VIRALFORGE_SERVER"]], env=environment, stderr=subprocess.PIPE, text=True
        )
        try:
            return look(address(server), pathlib.Path(data))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=WAIT_SECONDS)


def engines() -> dict[str, str]:
    """The settings of PostgreSQL, Redis and S3, where they run."""
    found = {}
    if postgres := os.environ.get("VIRALFORGE_TEST_POSTGRES"):
        found |= {"DATABASE_URL": f"{postgres}/postgres", "REDIS_URL": os.environ["VIRALFORGE_TEST_REDIS"]}
    if endpoint := os.environ.get("VIRALFORGE_TEST_S3"):
        found |= {
            "S3_ENDPOINT": endpoint,
            "S3_BUCKET": "viralforge",
            "S3_ACCESS_KEY_ID": os.environ["VIRALFORGE_TEST_S3_KEY_ID"],
            "S3_SECRET_ACCESS_KEY": os.environ["VIRALFORGE_TEST_S3_SECRET"],
        }
    return found


def address(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    for line in server.stderr:
        fields = json.loads(line)["fields"]
        if fields["message"] == "listening":
            # A full pipe would stop the server.
            threading.Thread(target=show, args=(server.stderr,), daemon=True).start()
            return f"http://{fields['address']}"
    raise SystemExit("the server ended before it listened")


def show(lines) -> None:
    for line in lines:
        if '"ERROR"' in line:
            print(line, end="", file=sys.stderr)


def look(url: str, data: pathlib.Path) -> int:
    asset, job, upload = prepare(url)
    known = {"assets": asset["id"], "jobs": job["id"], "uploads": upload}
    file = job["outputs"][0]["url"].split("/v1/files/")[1]
    (file_id, rest) = file.split("/")
    name, query = rest.split("?")
    signed = dict(pair.split("=") for pair in query.split("&"))
    # Every check is on, but for what this file says.
    config = ['hooks = "hooks"', (HERE / "checks.toml").read_text()]
    values = {**known, "files": file_id, "name": name, **signed, "expires": int(signed["expires"])}
    for word, value in values.items():
        config.append(f"[dictionaries.{word}]\nvalues = [{json.dumps(value)}]")
    for word in known:
        # The asset is not to be deleted, since the others need it.
        which = {"assets": 'include-name = "GET /v1/assets/{id}"'}.get(word, f'include-path-regex = "^/v1/{word}/"')
        config.append(
            f"[[operations]]\n{which}\n"
            f'parameters = {{ "path.id" = {{ dictionary = "{word}", probability = 0.8 }} }}'
        )
    config.append(
        '[[operations]]\ninclude-name = "POST /v1/jobs"\n'
        'parameters = { "body.asset_id" = { dictionary = "assets", probability = 0.9 } }'
    )
    bound = {"path.id": "files", "path.name": "name", "query.expires": "expires", "query.signature": "signature"}
    bindings = ", ".join(f'"{k}" = {{ dictionary = "{v}", probability = 0.9 }}' for k, v in bound.items())
    config.append(f'[[operations]]\ninclude-path-regex = "^/v1/files/"\nparameters = {{ {bindings} }}')
    file = data / "schemathesis.toml"
    file.write_text("\n".join(config))
    command = ["schemathesis", "--config-file", str(file), "run", f"{url}/v1/openapi.json"]
    command += ["--header", f"Authorization: Bearer {KEY}", *sys.argv[1:]]
    # It keeps notes where it runs.
    return subprocess.run(command, cwd=data, env={**os.environ, "PYTHONPATH": str(HERE)}, check=False).returncode


def prepare(url: str) -> tuple[dict, dict, str]:
    """An asset that is accepted, a job that is done, an upload that goes on."""

    def call(method: str, path: str, body: bytes = b"", **headers: str):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"{url}{path}", data=body or None, method=method, headers=headers)
        request.add_header("Authorization", f"Bearer {KEY}")
        with urllib.request.urlopen(request) as response:
            return response.headers, response.read()

    def get(path: str, busy: tuple[str, ...]) -> dict:
        until = time.monotonic() + WAIT_SECONDS
        while True:
            value = json.loads(call("GET", path)[1])
            if value["state"] not in busy:
                return value
            assert time.monotonic() < until, value
            time.sleep(0.05)

    def begin(length: int, body: bytes = b"") -> str:
        kind = {"Content_Type": "application/offset+octet-stream"} if body else {}
        metadata = "filename " + base64.b64encode(b"talk.mp4").decode()
        tus = {"Tus_Resumable": "1.0.0", "Upload_Length": str(length), "Upload_Metadata": metadata}
        return call("POST", "/v1/uploads", body, **tus, **kind)[0]["Location"].rsplit("/", 1)[1]

    video = VIDEO.read_bytes()
    upload = json.loads(call("GET", f"/v1/uploads/{begin(len(video), video)}")[1])
    asset = get(f"/v1/assets/{upload['asset_id']}", ("quarantined",))
    wanted = json.dumps({"kind": "analyze", "asset_id": asset["id"]}).encode()
    job = json.loads(call("POST", "/v1/jobs", wanted, Content_Type="application/json")[1])
    return asset, get(f"/v1/jobs/{job['id']}", ("queued", "running")), begin(1_000_000)


if __name__ == "__main__":
    sys.exit(main())
