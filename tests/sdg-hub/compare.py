"""Runs sdg_hub and repo-lsp on the same flows, rows and teacher, and compares the rows. usage: compare.py PROGRAM"""

import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.environ.update(TQDM_DISABLE="1", LOG_LEVEL="ERROR", LITELLM_LOCAL_MODEL_COST_MAP="True", PYTHONWARNINGS="ignore")
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import pandas  # noqa: E402
import sdg_hub  # noqa: E402
from sdg_hub import Flow  # noqa: E402

FLOWS = ("doc_direct_qa", "detailed_summary", "extractive_summary", "key_facts")
FOLDER = pathlib.Path(sdg_hub.__file__).parent / "flows/knowledge_infusion/enhanced_multi_summary_qa"

# What a teacher may write, by what it is asked. Every irregular form appears that the parsers of the flows treat in a way of their own.
QUESTIONS = (
    "Sure.\n[QUESTION]\nWhat is {0}?\n[END]\n[QUESTION]Why {0}?[END]\n[QUESTION]  [END]\n[QUESTION]Who?",
    "[QUESTION]Only one about {0}?[END][QUESTION]\nAnd\ntwo lines?\n[END]",
    "I have no questions about {0}.",
)
ANSWERS = ("The answer about {0}.", "\n\n  Spaces around {0}. \n", "<think>quietly</think>\nThought about {0}.", "   ")
VERDICTS = (
    "[Start of Explanation]\nFine.\n[End of Explanation]\n[Start of Answer]\nYES\n[End of Answer]",
    "[Start of Explanation]No.[End of Explanation][Start of Answer]NO[End of Answer]",
    "[Start of Answer]YES[End of Answer]",
    "[Start of Explanation]Small.[End of Explanation][Start of Answer]yes[End of Answer]",
    "[Start of Explanation]One.[End of Explanation][Start of Answer]YES[End of Answer][Start of Explanation]Two.[End of Explanation][Start of Answer]YES[End of Answer]",
)
FACTS = (
    "Intro.\n### Key Facts With Context\n1. First fact of {0}.\n2. Second\n   on two lines.\n  3.  Third.\n### End",
    "### Key Facts With Context\n1. Alone {0}.\n\n10. Tenth, with 2. inside.",
)
FACT_PAIRS = (
    "[QUESTION]Q1 {0}?[END][ANSWER]A1.[END][QUESTION]Q2?[END][ANSWER]A2.[END]",
    "[QUESTION]Q1 {0}?[END][QUESTION]Q2?[END][ANSWER]A2.[END]",
    "[QUESTION]Q1 {0}?[END][ANSWER]\n[END][QUESTION]Q2?[END][ANSWER]A2.[END]",
)
SUMMARIES = ("A summary of {0}.", "\nAnother one of {0}\n\nwith a gap.\n", "A summary of {0}.", " \n")


def reply(messages, choice):
    """A pure function of the prompt and the number of the choice."""
    text = "\n".join(message["content"] for message in messages)
    number = sum(text.encode())
    topic = f"topic {number % 97}"
    kinds = (
        ("[Start of Answer]", VERDICTS), ("[Key Fact]", FACT_PAIRS), ("Key Facts With Context", FACTS), ("[QUESTION]", QUESTIONS),
        ("Answer the question", ANSWERS),
    )
    forms = next((forms for mark, forms in kinds if mark in text), SUMMARIES)
    return forms[(number + choice) % len(forms)].format(topic)


class Teacher(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        choices = [
            {"index": i, "finish_reason": "stop", "message": {"role": "assistant", "content": reply(body["messages"], i)}}
            for i in range(body.get("n") or 1)
        ]
        answer = json.dumps({
            "id": "x", "object": "chat.completion", "created": 0, "model": "stub", "choices": choices,
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


def rows(count):
    return [
        {
            "document": f"Document {i} tells of item {i * 7}. " * 3, "document_outline": f"Outline {i}", "domain": "tests",
            "icl_document": "An example.", "icl_query_1": "First?", "icl_query_2": "Second?", "icl_query_3": "Third?", "kept": i,
        }
        for i in range(count)
    ]


def theirs(name, data, url):
    flow = Flow.from_yaml(str(FOLDER / name / "flow.yaml"))
    flow.set_model_config(model="openai/stub", api_base=url, api_key="none")
    n = {f"gen_{name}": {"n": 3}} if "summary" in name else None
    started = time.monotonic()
    result = flow.generate(pandas.DataFrame(data), runtime_params=n, max_concurrency=64)
    took = time.monotonic() - started
    as_json = [json.loads(json.dumps(row, default=lambda v: v.tolist() if hasattr(v, "tolist") else str(v))) for row in result.to_dict("records")]
    return as_json, took


def ours(name, data, url, program, folder):
    source, out = folder / "in.jsonl", folder / f"{name}.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in data))
    environment = dict(os.environ, **{f"REPO_LSP_{kind}_DIR": str(folder / kind) for kind in ("DATA", "CACHE", "CONFIG")})
    command = [
        program, "synth", "flow", str(FOLDER / name / "flow.yaml"), "--workspace", str(folder), "--input", str(source), "--output", str(out),
        "--compat", "sdg_hub", "--endpoint", url, "--model", f"stub-{len(data)}", "--in-flight", "64",
    ]
    if "summary" in name:
        command += ["--block-n", f"gen_{name}=3"]
    started = time.monotonic()
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    took = time.monotonic() - started
    if run.returncode not in (0, 1):
        raise SystemExit(f"{name}: {run.stderr}")
    return [json.loads(line) for line in out.read_text().splitlines()], took


def main():
    program = sys.argv[1]
    server = Server(("127.0.0.1", 0), Teacher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in FLOWS:
            expected, _ = theirs(name, rows(6), url)
            found, _ = ours(name, rows(6), url, program, folder)
            same = [list(row.items()) for row in expected] == [list(row.items()) for row in found]
            failed |= not same
            print(f"{name:20} {len(expected):4} rows {'equal' if same else f'DIFFERENT from our {len(found)}'}")
            for number, (a, b) in enumerate(zip(expected, found)):
                if not same and a != b:
                    print(f"  row {number}: {json.dumps(a)[:600]}\n  ours:  {json.dumps(b)[:600]}")
                    break
        # The scripted teacher takes part of the time of both.
        many = rows(int(os.environ.get("SDG_HUB_ROWS", "60")))
        expected, theirs_took = theirs("doc_direct_qa", many, url)
        found, ours_took = ours("doc_direct_qa", many, url, program, folder)
        print(
            f"{len(many)} documents, {len(expected)} rows: sdg_hub {theirs_took:.1f} s, "
            f"repo-lsp {ours_took:.1f} s with its start: {theirs_took / ours_took:.1f} times as fast"
        )
        failed |= expected != found
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
