#!/usr/bin/env python3
"""Has the official SDKs of OpenAI and Anthropic work through batches at our provider on the loopback.

What tests/common/batch_server/ says must parse into the SDKs' types, and what the real ones refuse it must
refuse in a form from which the SDKs make their own errors. Tests of our client against it are worth no more
than that.

    python check_batches.py              builds the provider by cargo and starts it
    python check_batches.py BINARY       starts the test binary `batches`

Exit 1 on any difference; 77 where the SDKs are not installed and PyPI cannot be reached.
"""

import sys

sys.dont_write_bytecode = True

import io
import json
import os
import pathlib
import subprocess
import tempfile
import time
import venv

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
CANNOT = 77
INSTALLED = "BATCHES_SDKS_INSTALLED"


def with_sdks():
    """Runs this file anew where the SDKs are: in a folder that goes away afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = pathlib.Path(folder, "bin", "python")
        pip = [python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"]
        if subprocess.run(pip).returncode != 0:
            print("the SDKs cannot be installed: nothing was checked", file=sys.stderr)
            return CANNOT
        return subprocess.run([python, __file__, *sys.argv[1:]], env={**os.environ, INSTALLED: "1"}).returncode


try:
    import anthropic
    import openai
except ImportError:
    if INSTALLED in os.environ:
        raise
    sys.exit(with_sdks())

import loopback  # takes proxies and keys out of the environment

from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse
from openai.types import Batch, FileObject
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

MODEL = "model-1"
WRONG = []


def check(what, is_right):
    print(("ok   " if is_right else "WRONG"), what)
    if not is_right:
        WRONG.append(what)


def fits(kind, value):
    """Whether a value, made without checks by the SDK, keeps its type; and has nothing that the type does not know."""
    try:
        kind.model_validate(value.model_dump(by_alias=True, exclude_unset=True), strict=False)
    except Exception as error:  # pydantic's, of whatever kind
        print(f"      {str(error)[:600]}")
        return False
    if value.model_extra:
        print(f"      unknown: {sorted(value.model_extra)}")
    return not value.model_extra


def refused(what, kind, status, call):
    try:
        call()
    except kind as error:
        check(f"{what}: {type(error).__name__}, {error.status_code}", error.status_code == status)
        return
    except Exception as error:
        check(f"{what}: {kind.__name__}, not {type(error).__name__}: {error}", False)
        return
    check(f"{what}: taken, but should be refused", False)


def until_ended(poll, is_over):
    for _ in range(200):
        batch = poll()
        if is_over(batch):
            return batch
        time.sleep(0.05)
    raise SystemExit("the batch does not end")


def chat(text, model=MODEL):
    return {"model": model, "max_completion_tokens": 100, "messages": [{"role": "user", "content": text}]}


def line(custom_id, body, url="/v1/chat/completions", **more):
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": body, **more}


def openai_file(client, lines, purpose="batch", name="in.jsonl"):
    text = "".join(json.dumps(one) + "\n" for one in lines)
    return client.files.create(file=(name, io.BytesIO(text.encode())), purpose=purpose)


def openai_round(client, endpoint, bodies, kind):
    file = openai_file(client, [line(f"q-{i}", body, endpoint) for i, body in enumerate(bodies)])
    check(f"{endpoint}: file", fits(FileObject, file) and file.purpose == "batch" and file.status == "processed")
    check(f"{endpoint}: file, retrieved", client.files.retrieve(file.id) == file)
    made = client.batches.create(
        input_file_id=file.id, endpoint=endpoint, completion_window="24h", metadata={"score_tasks": "x"}
    )
    check(f"{endpoint}: batch made", fits(Batch, made) and made.status == "validating" and made.metadata == {"score_tasks": "x"})
    batch = until_ended(lambda: client.batches.retrieve(made.id), lambda batch: batch.status == "completed")
    check(f"{endpoint}: batch ended", fits(Batch, batch) and batch.request_counts.completed == len(bodies))
    check(f"{endpoint}: no errors", batch.error_file_id is None and batch.errors is None)
    lines = [json.loads(one) for one in client.files.content(batch.output_file_id).text.splitlines()]
    check(f"{endpoint}: every line once", sorted(one["custom_id"] for one in lines) == sorted(f"q-{i}" for i in range(len(bodies))))
    check(f"{endpoint}: lines", all(one["error"] is None and one["response"]["status_code"] == 200 for one in lines))
    replies = [kind.model_validate(one["response"]["body"]) for one in lines]
    texts = [reply.output_text if kind is Response else reply.choices[0].message.content for reply in replies]
    check(f"{endpoint}: answers", all("score" in json.loads(text) for text in texts))
    check(f"{endpoint}: usage", all(reply.usage.total_tokens > 0 for reply in replies))


def openai_refusals(client):
    bad = openai.BadRequestError
    file = lambda *lines, **more: openai_file(client, lines, **more).id
    create = lambda file, endpoint="/v1/chat/completions", window="24h": client.batches.create(
        input_file_id=file, endpoint=endpoint, completion_window=window
    )
    good = file(line("a", chat("x")))
    refused("unknown purpose", bad, 400, lambda: file(line("a", chat("x")), purpose="nonsense"))
    refused("wrong purpose", bad, 400, lambda: create(file(line("a", chat("x")), purpose="user_data")))
    refused("unknown file", bad, 400, lambda: create("file-none"))
    refused("unknown endpoint", bad, 400, lambda: create(good, endpoint="/v1/nonsense"))
    refused("another endpoint", bad, 400, lambda: create(good, endpoint="/v1/responses"))
    refused("another window", bad, 400, lambda: create(good, window="1h"))
    refused("no custom_id", bad, 400, lambda: create(file({"method": "POST", "url": "/v1/chat/completions", "body": chat("x")})))
    refused("custom_id twice", bad, 400, lambda: create(file(line("a", chat("x")), line("a", chat("y")))))
    refused("two models", bad, 400, lambda: create(file(line("a", chat("x")), line("b", chat("y", "model-2")))))
    refused("too many", bad, 400, lambda: create(file(*(line(f"q-{i}", chat("x")) for i in range(51)))))
    refused("no requests", bad, 400, lambda: create(file()))
    refused("unknown batch", openai.NotFoundError, 404, lambda: client.batches.retrieve("batch_none"))
    no_key = {"authorization": "none"}
    refused("no key", openai.AuthenticationError, 401, lambda: client.batches.list(extra_headers=no_key))


def openai_all(url):
    client = openai.OpenAI(api_key="sk-test", base_url=f"{url}/v1", max_retries=0)
    openai_round(client, "/v1/chat/completions", [chat(f"task {i}") for i in range(20)], ChatCompletion)
    bodies = [{"model": MODEL, "input": f"task {i}", "max_output_tokens": 100} for i in range(20)]
    openai_round(client, "/v1/responses", bodies, Response)
    file = openai_file(client, [line(f"q-{i}", chat(f"task {i}")) for i in range(10)])
    made = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    check("cancel", client.batches.cancel(made.id).status == "cancelling")
    batch = until_ended(lambda: client.batches.retrieve(made.id), lambda batch: batch.status == "cancelled")
    errors = [json.loads(one) for one in client.files.content(batch.error_file_id).text.splitlines()]
    check("cancelled items", fits(Batch, batch) and {one["error"]["code"] for one in errors} == {"batch_cancelled"})
    ids = [batch.id for batch in client.batches.list(limit=1)]
    check(f"list, page by page: {len(ids)}", len(ids) == 3 and len(set(ids)) == 3 and ids[0] == made.id)
    reply = client.chat.completions.create(**chat("online"))
    check("online, chat", fits(ChatCompletion, reply) and "score" in reply.choices[0].message.content)
    check("online, responses", fits(Response, client.responses.create(model=MODEL, input="online")))
    openai_refusals(client)


def request(custom_id, **more):
    params = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": f"task {custom_id}"}]}
    return {"custom_id": custom_id, "params": {**params, **more}}


def anthropic_refusals(client):
    bad = anthropic.BadRequestError
    create = lambda *requests, **more: client.messages.batches.create(requests=list(requests), **more)
    refused("custom_id with a blank", bad, 400, lambda: create(request("a b")))
    refused("custom_id too long", bad, 400, lambda: create(request("x" * 65)))
    refused("custom_id empty", bad, 400, lambda: create(request("")))
    refused("custom_id twice", bad, 400, lambda: create(request("a"), request("a")))
    refused("no requests", bad, 400, lambda: create())
    refused("too many", bad, 400, lambda: create(*(request(f"q-{i}") for i in range(51))))
    refused("no max_tokens", bad, 400, lambda: create(request("a", max_tokens=None)))
    refused("unknown version", bad, 400, lambda: create(request("a"), extra_headers={"anthropic-version": "1"}))
    no_key = {"authorization": "none"}
    refused("no key", anthropic.AuthenticationError, 401, lambda: client.messages.batches.list(extra_headers=no_key))
    refused("unknown batch", anthropic.NotFoundError, 404, lambda: client.messages.batches.retrieve("none"))
    made = create(request("a"))
    until_ended(lambda: client.messages.batches.retrieve(made.id), lambda batch: batch.processing_status == "ended")
    refused("cancel too late", bad, 400, lambda: client.messages.batches.cancel(made.id))


def anthropic_all(url):
    client = anthropic.Anthropic(api_key="sk-test", base_url=url, max_retries=0)
    batches = client.messages.batches
    made = batches.create(requests=[request(f"q-{i}") for i in range(20)])
    check("message batch made", fits(MessageBatch, made) and made.processing_status == "in_progress")
    check("all are under way", made.request_counts.processing == 20 and made.results_url is None)
    batch = until_ended(lambda: batches.retrieve(made.id), lambda batch: batch.processing_status == "ended")
    check("message batch ended", fits(MessageBatch, batch) and batch.request_counts.succeeded == 20)
    results = list(batches.results(made.id))
    check("results", all(fits(MessageBatchIndividualResponse, result) for result in results))
    check("every result once", sorted(one.custom_id for one in results) == sorted(f"q-{i}" for i in range(20)))
    messages = [one.result.message for one in results]
    check("answers", all("score" in json.loads(message.content[0].text) for message in messages))
    check("usage", all(message.usage.output_tokens > 0 for message in messages))
    second = batches.create(requests=[request(f"q-{i}") for i in range(10)])
    check("cancel", batches.cancel(second.id).processing_status == "canceling")
    batch = until_ended(lambda: batches.retrieve(second.id), lambda batch: batch.processing_status == "ended")
    check("cancelled", fits(MessageBatch, batch) and batch.request_counts.canceled > 0 and batch.cancel_initiated_at)
    check("cancelled items", "canceled" in {one.result.type for one in batches.results(second.id)})
    ids = [batch.id for batch in batches.list(limit=1)]
    check(f"list, page by page: {len(ids)}", ids == [second.id, made.id])
    online = request("x")["params"]
    check("online", fits(anthropic.types.Message, client.messages.create(**online)))
    anthropic_refusals(client)


def started(arguments):
    words = ["--ignored", "--exact", "--nocapture", "serve"]
    command = [*arguments, *words] if arguments else ["cargo", "test", "-q", "--locked", "--test", "batches", "--", *words]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for text in process.stdout:
        if "port " in text:
            return process, int(text.split("port ")[1])
    raise SystemExit("the provider does not start")


def main():
    process, port = started(sys.argv[1:2])
    try:
        openai_all(f"http://127.0.0.1:{port}")
        anthropic_all(f"http://127.0.0.1:{port}")
    finally:
        process.stdin.close()
        process.wait(timeout=30)
    print(f"{len(WRONG)} wrong; openai {openai.__version__}, anthropic {anthropic.__version__}")
    sys.exit(1 if WRONG else 0)


if __name__ == "__main__":
    main()
