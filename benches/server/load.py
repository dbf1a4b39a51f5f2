#!/usr/bin/env python3
"""Loads the host and, in the same run, nginx, a bare hyper and a tus server of Node: what a request and a mebibyte
cost, how long answers take while uploads and jobs run, and what connections weigh.

    benches/server/load.py --server PROGRAM --bare-hyper PROGRAM [--tus-server FOLDER] [--seconds N] [ONLY...]

Needs wrk, nginx, curl and ffmpeg (Debian), and oha (crates.io) for the open loop. CPU times are those of the server's
process, user and system; rounds alternate between the programs and medians count, so that a busy machine hurts all
alike. Everything listens on 127.0.0.1 and ends with this program.
"""
import argparse
import contextlib
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "examples/demo/sintel-trailer-720p-52s.mp4"
KEY = "0123456789abcdef0123456789abcdef"
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
MIB = 1 << 20
PROXY = "127.0.0.2"
ROUNDS = 3
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A server that runs: its port, and what its processes used."""

    def __init__(self, name, command, port, environment=None, log=None):
        self.name, self.port, self.log = name, port, log
        began = time.monotonic()
        self.child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=log or subprocess.DEVNULL)
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if self.child.poll() is not None:
                sys.exit(f"{name} ended before it listened")
            time.sleep(0.001)
        self.start_seconds = time.monotonic() - began

    def processes(self):
        """Its own process and, for nginx, its workers; children that do media work are not counted."""
        ids = [self.child.pid]
        if self.name == "nginx":
            ids += map(int, Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split())
        return ids

    def cpu(self):
        total = 0
        for process in self.processes():
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def resident_kib(self):
        text = "".join(Path(f"/proc/{process}/status").read_text() for process in self.processes())
        return sum(map(int, re.findall(r"VmRSS:\s+(\d+)", text)))

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(40)
        except subprocess.TimeoutExpired:
            self.child.kill()


def nginx(folder, port, host):
    configuration = folder / "nginx.conf"
    (folder / "static").mkdir(exist_ok=True)
    (folder / "dav").mkdir(exist_ok=True)
    (folder / "static/hello").write_text("hello, world\n")
    for path in (folder, folder / "static", folder / "dav"):
        path.chmod(0o777)
    configuration.write_text(f"""
        worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log /dev/null;
        worker_rlimit_nofile 20000;
        events {{ worker_connections 10000; }}
        http {{
          access_log off; sendfile on; keepalive_requests 1000000;
          client_body_temp_path {folder}/body; client_max_body_size 1g;
          server {{
            listen 127.0.0.1:{port}; root {folder}/static;
            location /dav/ {{ root {folder}; dav_methods PUT; }}
          }}
          # In front of the host, as the project advises; it asks from an address that no client here has.
          proxy_bind {PROXY}; proxy_temp_path {folder}/proxy; include {folder}/front.conf;
        }}""")
    front = (ROOT / "docs/nginx.conf").read_text()
    front = front.replace("127.0.0.1:8080", f"127.0.0.1:{host.port}")
    front = front.replace("127.0.0.1:8000", f"127.0.0.1:{host.front_port}")
    (folder / "front.conf").write_text(front.replace("/var/lib/viralforge/media", str(host.data / "media")))
    return Program("nginx", ["nginx", "-c", str(configuration)], port)


class Host(Program):
    def __init__(self, program, data, workers):
        port, self.front_port, self.data = free_port(), free_port(), data
        environment = {"VIRALFORGE_DATA": str(data), "VIRALFORGE_LISTEN": f"127.0.0.1:{port}", "VIRALFORGE_API_KEY": KEY,
                       "VIRALFORGE_WORKERS": str(workers), "VIRALFORGE_TRUSTED_PROXIES": f"{PROXY}/32",
                       "VIRALFORGE_ACCEL_LOCATION": "/viralforge-media/"}
        # The log is written as in real life, and read by nobody.
        super().__init__("viralforge", [program], port, environment, log=open(data / "log", "wb"))

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        if isinstance(body, dict):
            body, headers = json.dumps(body), {"Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, body, {**AUTHORIZED, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        return json.loads(text) if text else None

    def open_connections(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", "/metrics", headers=AUTHORIZED)
        return int(re.search(rb"(?m)^viralforge_connections (\d+)", connection.getresponse().read())[1])

    def until(self, path, done, seconds=600):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.ask("GET", path)
            if done(value):
                return value
            time.sleep(0.1)
        sys.exit(f"{path} stays {value}")

    def upload(self, video):
        asset = self.ask("PUT", f"/v1/assets/{video.name}", video.read_bytes())
        asset = self.until(f"/v1/assets/{asset['id']}", lambda asset: asset["state"] != "quarantined")
        assert asset["state"] == "accepted", asset
        return asset["id"]

    def job(self, kind, asset, options):
        return self.ask("POST", "/v1/jobs", {"kind": kind, "asset_id": asset, "options": options})["id"]

    def finished(self, job):
        job = self.until(f"/v1/jobs/{job}", lambda job: job["state"] not in ("queued", "running"))
        assert job["state"] == "succeeded", job
        return job


def wrk(port, path, connections, seconds, headers=()):
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", f"http://127.0.0.1:{port}{path}"]
    for name, value in headers:
        command += ["-H", f"{name}: {value}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    scale = {"us": 1e-3, "ms": 1, "s": 1e3}
    percentile = {p: float(v) * scale[u] for p, v, u in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)", text)}
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if errors:
        sys.exit(f"{path}: {errors[0]}")
    return int(re.search(r"(\d+) requests in", text)[1]), percentile


def table(title, columns, rows):
    print(f"\n{title}")
    widths = [max(len(str(row[i])) for row in [columns, *rows]) for i in range(len(columns))]
    for row in [columns, *rows]:
        print("  " + "  ".join(str(cell).rjust(width) if i else str(cell).ljust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))))
    sys.stdout.flush()


def requests(programs, connections, seconds):
    """CPU time a request, in interleaved rounds. `programs`: name → (program, path, headers)."""
    seen = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, (program, path, headers) in programs.items():
            before = program.cpu()
            count, percentile = wrk(program.port, path, connections, seconds, headers)
            seen[name].append(((program.cpu() - before) / count * 1e6, percentile["50"], percentile["99"], count / seconds))
    medians = {name: [statistics.median(column) for column in zip(*rounds)] for name, rounds in seen.items()}
    base = medians["bare hyper"][0] if "bare hyper" in medians else None
    rows = [[name, f"{cpu:.1f}", f"{cpu / base:.1f}" if base else "", f"{p50:.1f}", f"{p99:.1f}", f"{rate:.0f}"]
            for name, (cpu, p50, p99, rate) in medians.items()]
    table(f"{connections} connections, closed loop", ["", "CPU µs/request", "× hyper", "p50 ms", "p99 ms", "requests/s"], rows)


def open_loop(host, asset, job, users, seconds):
    """Each user asks once a second, whether or not the one before was answered; uploads and jobs run."""
    stop = threading.Event()

    def uploads():
        while not stop.is_set():
            subprocess.run(["curl", "-sf", "--limit-rate", "5M", "-T", DEMO, "-H", f"Authorization: Bearer {KEY}",
                            "-o", "/dev/null", f"http://127.0.0.1:{host.port}/v1/assets/"], check=True)

    def jobs():
        while not stop.is_set():
            made = host.job("thumbnail-generation", asset, {})
            host.finished(made)

    busy = [threading.Thread(target=work) for work in (uploads, uploads, jobs)]
    for thread in busy:
        thread.start()
    urls = tempfile.NamedTemporaryFile("w", suffix=".txt")
    for path in ("/health", f"/v1/jobs/{job}", f"/v1/assets/{asset}", "/v1/jobs?limit=20"):
        urls.write(f"http://127.0.0.1:{host.port}{path}\n")
    urls.flush()
    command = ["oha", "--no-tui", "--output-format", "json", "-z", f"{seconds}s", "-c", str(users), "-q", str(users),
               "--latency-correction", "-H", f"Authorization: Bearer {KEY}", "--urls-from-file", urls.name]
    before = host.cpu()
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    cpu = host.cpu() - before
    stop.set()
    for thread in busy:
        thread.join()
    percentiles = {p: report["latencyPercentiles"][p] * 1e3 for p in ("p50", "p95", "p99")}
    answers = report["statusCodeDistribution"]
    return [users, f"{report['summary']['requestsPerSec']:.0f}", *(f"{v:.1f}" for v in percentiles.values()),
            json.dumps(answers), f"{cpu / seconds * 100:.0f}"]


def ranges(host, server, folder, asset, seconds):
    options = {"transcode": {"crf": 4, "speed": "ultrafast"}}
    outputs = host.finished(host.job("video-processing", asset, options))["outputs"]
    video = next(output for output in outputs if output["content_type"] == "video/mp4")
    with open(folder / "static/video.mp4", "wb") as copy:
        connection = http.client.HTTPConnection("127.0.0.1", host.port)
        path = video["url"].split(f":{host.port}", 1)[1]
        connection.request("GET", path)
        shutil.copyfileobj(connection.getresponse(), copy)
    header = [("Range", f"bytes={3 * MIB}-{4 * MIB - 1}")]
    rows = []
    ways = {
        "viralforge": ([host], host.port, path),
        "viralforge behind nginx": ([host, server], host.front_port, path),
        "nginx": ([server], server.port, "/video.mp4"),
    }
    for connections in (32, 100):
        seen = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, (programs, port, where) in ways.items():
                before = sum(program.cpu() for program in programs)
                count, percentile = wrk(port, where, connections, seconds, header)
                cpu = sum(program.cpu() for program in programs) - before
                seen[name].append((cpu / count * 1e6, percentile["99"], count / seconds))
        medians = {name: [statistics.median(column) for column in zip(*rounds)] for name, rounds in seen.items()}
        for name, (cpu, p99, rate) in medians.items():
            rows.append([f"{name}, {connections} connections", f"{cpu:.0f}", f"{cpu / medians['nginx'][0]:.2f}",
                         f"{p99:.0f}", f"{rate:.0f}"])
    table(f"1 MiB ranges of a file of {video['bytes'] / MIB:.0f} MiB",
          ["", "CPU µs/MiB", "× nginx", "p99 ms", "MiB/s"], rows)


def uploads(host, hyper, server, tus, folder):
    large = folder / "large.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", DEMO, "-c:v", "libx264", "-preset", "ultrafast",
                    "-b:v", "14M", "-minrate", "14M", "-maxrate", "14M", "-bufsize", "2M", "-nal-hrd", "cbr",
                    "-c:a", "copy", large], check=True)
    size = large.stat().st_size / MIB
    put = ["curl", "-sf", "-o", "/dev/null", "-T", str(large), "-H", "Expect:"]
    keyed = ["-H", f"Authorization: Bearer {KEY}"]

    def by_tus(port, root, headers):
        made = subprocess.run(["curl", "-sf", "-D", "-", "-o", "/dev/null", "-X", "POST", "-H", "Tus-Resumable: 1.0.0", "-H",
                               f"Upload-Length: {large.stat().st_size}", "-H", "Upload-Metadata: filename bGFyZ2UubXA0",
                               *headers, f"http://127.0.0.1:{port}{root}"], check=True, capture_output=True, text=True).stdout
        location = re.search(r"(?i)location: (\S+)", made)[1]
        return ["curl", "-sf", "-o", "/dev/null", "-X", "PATCH", "-T", str(large), "-H", "Expect:", "-H",
                "Tus-Resumable: 1.0.0", "-H", "Upload-Offset: 0", "-H", "Content-Type: application/offset+octet-stream",
                *headers, location]

    ways = {
        "bare hyper, thrown away": (hyper, lambda: [*put, f"http://127.0.0.1:{hyper.port}/"]),
        "nginx, PUT": (server, lambda: [*put, f"http://127.0.0.1:{server.port}/dav/large.mp4"]),
        "viralforge, PUT": (host, lambda: [*put, *keyed, f"http://127.0.0.1:{host.port}/v1/assets/"]),
        "viralforge, tus": (host, lambda: by_tus(host.port, "/v1/uploads", keyed)),
    }
    if tus:
        ways["@tus/server, tus"] = (tus, lambda: by_tus(tus.port, "/files", []))
    for clients in (1, 4):
        seen = {name: [] for name in ways}
        peak = 0
        for _ in range(ROUNDS):
            for name, (program, command) in ways.items():
                commands = [command() for _ in range(clients)]
                before, began = program.cpu(), time.monotonic()
                running = [subprocess.Popen(command) for command in commands]
                while any(child.poll() is None for child in running):
                    if program is host:
                        peak = max(peak, host.resident_kib())
                    time.sleep(0.02)
                if any(child.returncode for child in running):
                    sys.exit(f"{name}: curl failed")
                seconds = time.monotonic() - began
                seen[name].append(((program.cpu() - before) * 1e3 / size / clients, size * clients / seconds))
                shutil.rmtree(folder / "dav", ignore_errors=True)
                (folder / "dav").mkdir()
                (folder / "dav").chmod(0o777)
        medians = {name: [statistics.median(column) for column in zip(*rounds)] for name, rounds in seen.items()}
        rows = [[name, f"{cpu:.2f}", f"{rate:.0f}"] for name, (cpu, rate) in medians.items()]
        table(f"Uploads of {size:.0f} MiB, {clients} at a time (peak memory of viralforge {peak / 1024:.0f} MiB)",
              ["", "CPU ms/MiB", "MiB/s"], rows)


def memory(host, connections):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 30_000), hard))
    before = host.resident_kib()
    idle = []
    for _ in range(connections):
        idle.append(socket.create_connection(("127.0.0.1", host.port)))
    for connection in idle:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    for connection in idle:
        connection.recv(4096)
    # Those that waited too long on a busy machine are closed already, and weigh nothing.
    connections = host.open_connections()
    during = host.resident_kib()
    began = time.monotonic()
    host.ask("GET", "/v1/jobs")
    other = (time.monotonic() - began) * 1e3
    for connection in idle:
        connection.close()
    return [["resident when idle, MiB", f"{before / 1024:.1f}"],
            [f"for each of {connections} connections after a request, KiB", f"{(during - before) / connections:.1f}"],
            ["a request of somebody else meanwhile, ms", f"{other:.1f}"],
            ["from start to listening, ms", f"{host.start_seconds * 1e3:.0f}"]]


def queue_to_start(host, asset, count=200):
    """How long a job waits for a worker that has nothing to do, as a client sees it."""
    waits = []
    for _ in range(count):
        job, began = host.job("probe", asset, {}), time.monotonic()
        while host.ask("GET", f"/v1/jobs/{job}")["state"] == "queued":
            pass
        waits.append((time.monotonic() - began) * 1e3)
        host.finished(job)
    waits.sort()
    return [[f"from queue to start, ms, of {count} jobs: p50", f"{waits[count // 2]:.1f}"],
            ["p99", f"{waits[count * 99 // 100]:.1f}"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--bare-hyper", required=True)
    parser.add_argument("--tus-server", help="a folder with server.mjs and its node_modules")
    parser.add_argument("--seconds", type=int, default=5, help="length of one measurement")
    parser.add_argument("only", nargs="*", help="requests, open-loop, jobs, ranges, uploads, memory; all where none is named")
    options = parser.parse_args()
    only = options.only or ["requests", "open-loop", "jobs", "ranges", "uploads", "memory"]
    running = []
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        (folder / "data").mkdir()

        def run(program):
            stack.callback(program.end)
            running.append(program)
            return program

        host = run(Host(options.server, folder / "data", 1))
        hyper_port = free_port()
        hyper = run(Program("bare hyper", [options.bare_hyper, f"127.0.0.1:{hyper_port}"], hyper_port))
        server = run(nginx(folder, free_port(), host))
        if "memory" in only:
            table("Memory and start", ["", ""], memory(host, 10_000))
        asset = host.upload(DEMO)
        job = host.job("analyze", asset, {})
        host.finished(job)
        if "requests" in only:
            programs = {"bare hyper": (hyper, "/", ()), "nginx": (server, "/hello", ()),
                        "viralforge /health": (host, "/health", ()),
                        "viralforge /v1/jobs/ID": (host, f"/v1/jobs/{job}", AUTHORIZED.items())}
            for connections in (100, 500, 1000):
                requests(programs, connections, options.seconds)
        if "open-loop" in only:
            rows = [open_loop(host, asset, job, users, max(options.seconds, 10)) for users in (100, 500, 1000)]
            table("Open loop, each user once a second, while two uploads and a job run",
                  ["users", "requests/s", "p50 ms", "p95 ms", "p99 ms", "answers", "CPU %"], rows)
        if "jobs" in only:
            table("Jobs", ["", ""], queue_to_start(host, asset))
        if "ranges" in only:
            ranges(host, server, folder, asset, options.seconds)
        if "uploads" in only:
            tus = None
            if options.tus_server:
                port = free_port()
                tus = run(Program("@tus/server", ["node", str(Path(options.tus_server) / "server.mjs"), str(port), str(folder / "tus")], port))
            uploads(host, hyper, server, tus, folder)


if __name__ == "__main__":
    main()
