#!/usr/bin/env python3
"""Lets the official SDKs' own clients read responses.json, and compares with what we expect of it.

Each reply is served from a loopback and fetched by the client of its dialect with retries off:

- an answer must give the client the same text, served model, token counts and way of ending;
- an error must raise the SDK's exception class for it, with the status;
- the wait of a reply that says "later" must be the one the SDK's header parser finds;
- the SDK must retry what we call busy or broken, and nothing else, but for the cases in DEVIATIONS.

    python judge_responses.py [-v]      exit 1 if a judgement differs
"""

import sys

sys.dont_write_bytecode = True

import collections
import datetime
import decimal
import json
import logging
import pathlib
import unittest.mock

import loopback

import anthropic
import httpx2
import mistralai.client
import mistralai.client.errors
import mistralai.client.utils.retries as mistral_retries
import openai
import openai._base_client
import openai.types.chat
import openai.types.responses
from anthropic.types import shared as anthropic_shared
from google import genai
from google.genai import errors as gemini_errors

HERE = pathlib.Path(__file__).parent
VERBOSE = "-v" in sys.argv[1:]

# Where we mean not to do as the SDK does, and why. Each must still be a difference, or it goes.
BLIND = "the SDK sends it again and again although no time will mend it"
DEVIATIONS = {
    **{
        f"{dialect}-429-{name}": BLIND
        for dialect in ("openai", "openai-responses")
        for name in (
            "credit-balance-exhausted",
            "organization-spend-limit-exceeded",
            "project-spend-limit-exceeded",
            "organization-usage-limit-exceeded",
            "insufficient-quota",
            "quota-type-only",
            "billing-not-active",
            "too-large-for-limit",
        )
    },
    "anthropic-429-enforced-spend-limit-reached-bare": BLIND,
    "anthropic-429-contract-spend-limit-reached-bare": BLIND,
    "openai-llamacpppython-500-validation": BLIND,
    "openai-openrouter-402-in-flight": "documented as worth waiting for, with Retry-After",
    "openai-groq-498-flex": "a status of Groq's own for `no capacity now`",
    "openai-429-retry-after-3600": "OpenAI's SDK gives up above 120 s",
    "openai-responses-429-retry-after-3600": "OpenAI's SDK gives up above 120 s",
}

# Waits that no SDK reads: from the text, the body or the reset headers.
BEYOND_SDK = "openai and anthropic read only retry-after-ms and retry-after; google-genai reads no wait at all"

CONTENTS = "x"
Judged = collections.namedtuple("Judged", "finish text served usage")


class Wrong(Exception):
    pass


def same(what, ours, theirs):
    if ours != theirs:
        raise Wrong(f"{what}: we expect {ours!r}, the SDK makes it {theirs!r}")


def counts(input, output, *, read=0, write=0, reasoning=0):
    return {
        "input": input or 0,
        "cache_read": read or 0,
        "cache_write": write or 0,
        "output": output or 0,
        "reasoning": reasoning or 0,
    }


# What the SDKs make of a reply that parsed.


def chat(reply):
    choice = reply.choices[0]
    message, tokens = choice.message, reply.usage
    finish = {"stop": "complete", "length": "truncated", "content_filter": "blocked"}[choice.finish_reason]
    if message.refusal is not None:
        finish = "refused"
    details = tokens and tokens.prompt_tokens_details
    spent = tokens and tokens.completion_tokens_details
    usage = counts(
        tokens and tokens.prompt_tokens,
        tokens and tokens.completion_tokens,
        read=details and details.cached_tokens,
        write=details and details.cache_write_tokens,
        reasoning=spent and spent.reasoning_tokens,
    )
    return Judged(finish, message.content or message.refusal or "", reply.model, usage)


def mistral(reply):
    choice, tokens = reply.choices[0], reply.usage
    content = choice.message.content
    if isinstance(content, list):
        content = "".join(part.text for part in content if part.type == "text")
    finish = {"stop": "complete", "length": "truncated", "model_length": "truncated"}[choice.finish_reason]
    return Judged(finish, content, reply.model, counts(tokens.prompt_tokens, tokens.completion_tokens))


def responses(reply):
    parts = [part for item in reply.output if item.type == "message" for part in item.content]
    refusals = [part.refusal for part in parts if part.type == "refusal"]
    if reply.status == "incomplete":
        finish = {"max_output_tokens": "truncated", "content_filter": "blocked"}[reply.incomplete_details.reason]
    elif reply.status == "failed":
        finish = {"bio_policy": "blocked"}[reply.error.code]
    else:
        finish = {"completed": "refused" if refusals else "complete"}[reply.status]
    tokens = reply.usage
    usage = tokens and counts(
        tokens.input_tokens,
        tokens.output_tokens,
        read=tokens.input_tokens_details.cached_tokens,
        write=tokens.input_tokens_details.cache_write_tokens,
        reasoning=tokens.output_tokens_details.reasoning_tokens,
    )
    return Judged(finish, reply.output_text or "".join(refusals), reply.model, usage or counts(0, 0))


def messages(reply):
    finish = {
        "end_turn": "complete",
        "stop_sequence": "complete",
        "max_tokens": "truncated",
        "model_context_window_exceeded": "truncated",
        "refusal": "refused",
    }[reply.stop_reason]
    text = "".join(block.text for block in reply.content if block.type == "text")
    tokens = reply.usage
    read, write = tokens.cache_read_input_tokens or 0, tokens.cache_creation_input_tokens or 0
    thought = tokens.output_tokens_details and tokens.output_tokens_details.thinking_tokens
    usage = counts(tokens.input_tokens + read + write, tokens.output_tokens, read=read, write=write, reasoning=thought)
    return Judged(finish, text, reply.model, usage)


def generated(reply):
    if reply.candidates:
        finish = {"STOP": "complete", "MAX_TOKENS": "truncated", "CONTINUATION": "truncated"}.get(
            reply.candidates[0].finish_reason.value, "blocked"
        )
    elif reply.prompt_feedback:
        finish = "blocked"
    else:
        raise Wrong("no candidate, and no reason for it")
    tokens = reply.usage_metadata
    thoughts = tokens.thoughts_token_count or 0
    usage = counts(
        tokens.prompt_token_count,
        (tokens.candidates_token_count or 0) + thoughts,
        read=tokens.cached_content_token_count,
        reasoning=thoughts,
    )
    same("the SDK's total", tokens.total_token_count, usage["input"] + usage["output"])
    return Judged(finish, reply.text or "", reply.model_version, usage)


# Calls, and the exceptions they must end in.


class Clients:
    def __init__(self, url):
        self.openai = openai.OpenAI(api_key="k", base_url=f"{url}/v1", max_retries=0)
        self.anthropic = anthropic.Anthropic(api_key="k", base_url=url, max_retries=0)
        self.mistral = mistralai.client.Mistral(api_key="k", server_url=url)
        self.gemini = genai.Client(api_key="k", http_options=genai.types.HttpOptions(base_url=url))

    def call(self, dialect, from_mistral):
        user = [{"role": "user", "content": CONTENTS}]
        if from_mistral:
            return self.mistral.chat.complete(model="m", messages=user)
        if dialect == "openai":
            return self.openai.chat.completions.create(model="m", messages=user)
        if dialect == "openai-responses":
            return self.openai.responses.create(model="m", input=CONTENTS)
        if dialect == "anthropic":
            return self.anthropic.messages.create(model="m", max_tokens=400, messages=user)
        once = genai.types.GenerateContentConfig(automatic_continuation=False)
        return self.gemini.models.generate_content(model="m", contents=CONTENTS, config=once)


def error_code(fixture):
    """`error.details.error_code` of Anthropic's errors."""
    body = fixture.get("body")
    return body["error"].get("details", {}).get("error_code") if isinstance(body, dict) and "error" in body else None


ANTHROPIC_CODES = {
    "enforced_spend_limit_reached": "EnforcedSpendLimitReachedError",
    "contract_spend_limit_reached": "ContractSpendLimitReachedError",
    "ramp_limit_exceeded": "RampLimitExceededError",
    "organization_on_hold": "OrganizationOnHoldError",
    "linked_organization_spend_limit_reached": "LinkedOrganizationSpendLimitReachedError",
    "linked_organization_billing_unavailable": "LinkedOrganizationBillingUnavailableError",
}


def exception_class(fixture):
    """The class by dialect, status and code: written out here, so that the SDK can disagree."""
    dialect, status = fixture["dialect"], fixture["status"]
    if dialect == "gemini":
        return gemini_errors.ClientError if status < 500 else gemini_errors.ServerError
    sdk = anthropic if dialect == "anthropic" else openai
    if sdk is anthropic and error_code(fixture):
        return getattr(anthropic_shared, ANTHROPIC_CODES[error_code(fixture)])
    common = {
        400: "BadRequestError",
        401: "AuthenticationError",
        403: "PermissionDeniedError",
        404: "NotFoundError",
        409: "ConflictError",
        422: "UnprocessableEntityError",
        429: "RateLimitError",
    }
    own = {
        402: "PaymentRequiredError",
        408: "RequestTimeoutError",
        413: "ContentTooLargeError",
        503: "ServiceUnavailableError",
        504: "GatewayTimeoutError",
        529: "OverloadedError",
    }
    name = common.get(status) or (own.get(status) if sdk is anthropic else None)
    name = name or ("InternalServerError" if status >= 500 else "APIStatusError")
    return getattr(sdk, name, None) or getattr(sdk._exceptions, name)


def judge_error(fixture, raised):
    expected = exception_class(fixture)
    same("exception class", expected.__name__, type(raised).__name__)
    same("status", fixture["status"], raised.code if fixture["dialect"] == "gemini" else raised.status_code)
    body = fixture.get("body")
    if fixture["dialect"] == "gemini":
        error = body[0] if isinstance(body, list) else body
        if error is not None:
            same("message", error["error"]["message"], raised.message)
            same("status word", error["error"]["status"], raised.status)
    elif fixture["dialect"] == "anthropic":
        if body is not None:
            same("type", body["error"]["type"], raised.type)
            same("message", body["error"]["message"], raised.api_message)
            same("error_code", error_code(fixture), raised.error_code)
            same("request id", fixture["headers"]["request-id"], raised.request_id)
    elif isinstance(body, dict) and isinstance(body.get("error"), dict):
        error = body["error"]
        code = error.get("code")
        same("code", None if code is None else str(code), raised.code)
        same("type", error.get("type"), raised.type)
        same("request id", fixture["headers"]["x-request-id"], raised.request_id)


def judge_reply(fixture, reply, from_mistral, seen):
    """A reply with status 200."""
    expect, dialect = fixture["expect"], fixture["dialect"]
    if expect["kind"] == "answer":
        read = {"openai": chat, "openai-responses": responses, "anthropic": messages, "gemini": generated}[dialect]
        judged = (mistral if from_mistral else read)(reply)
        for field in Judged._fields:
            same(field, expect[field], getattr(judged, field))
        seen["answers read the same"] += 1
        return
    # The clients let nearly anything with status 200 pass; it must at least not look like an answer.
    seen["200s that are no answers"] += 1
    if isinstance(reply, (str, list)):
        return
    if dialect == "openai":
        refused = not reply.choices or reply.choices[0].finish_reason == "error"
    elif dialect == "openai-responses":
        refused = reply.status == "failed" and reply.error is not None
        if refused:
            same("error code", fixture["body"]["error"]["code"], reply.error.code)
    elif dialect == "anthropic":
        refused = reply.type == "error"
    else:
        finish = reply.candidates and reply.candidates[0].finish_reason.value
        refused = not reply.text and finish in (None, "PUP_LIMITED_DISABLED")
    if not refused:
        raise Wrong(f"the SDK takes it for an answer: {reply!r}")


# Waiting and retrying.


def instant(text):
    return datetime.datetime.fromisoformat(text).timestamp()


def header_waits(fixture, clients):
    """What each SDK of the dialect reads out of the headers, in milliseconds; None for nothing usable."""
    headers = httpx2.Headers(fixture["headers"])
    now = instant(fixture["now"]) if "now" in fixture else 0.0
    sdk = clients.anthropic if fixture["dialect"] == "anthropic" else clients.openai
    with unittest.mock.patch("time.time", return_value=now):
        wait = sdk._parse_retry_after_header(headers)
    # All of them fall back to waits of their own for zero and for what is past.
    found = [round(wait * 1000) if wait is not None and wait > 0 else None]
    if fixture["dialect"] == "openai":
        moment = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
        with unittest.mock.patch.object(mistral_retries, "datetime") as clock:
            clock.now.return_value = moment
            response = httpx2.Response(fixture["status"], headers=headers)
            millis = mistral_retries._parse_retry_after_ms_header(response)
            found.append((millis or mistral_retries._parse_retry_after_header(response)) or None)
    return found


def judge_wait(fixture, clients, seen):
    expect = fixture["expect"]
    hinted = any(name in fixture["headers"] for name in ("retry-after", "retry-after-ms"))
    if fixture["dialect"] == "gemini":
        seen["waits no SDK reads"] += expect["wait_ms"] is not None
        return
    for wait in header_waits(fixture, clients):
        if hinted:
            same("wait_ms", expect["wait_ms"], wait)
        else:
            same("a wait without its header", None, wait)
    if hinted:
        seen["waits read the same"] += 1
    else:
        seen["waits no SDK reads"] += expect["wait_ms"] is not None


def judge_retry(fixture, clients, seen):
    if fixture["dialect"] == "gemini":
        retried = fixture["status"] in genai._api_client._RETRY_HTTP_STATUS_CODES
    else:
        sdk = clients.anthropic if fixture["dialect"] == "anthropic" else clients.openai
        with unittest.mock.patch("time.time", return_value=instant(fixture.get("now", "1970-01-01T00:00:00Z"))):
            retried = sdk._should_retry(httpx2.Response(fixture["status"], headers=fixture["headers"]))
    ours = fixture["expect"]["kind"] in ("busy", "broken")
    # google-genai retries by status alone, so it knows nothing of quotas, and cannot judge those.
    meant = fixture["name"] in DEVIATIONS or (
        fixture["dialect"] == "gemini" and fixture["expect"].get("why") == "quota"
    )
    if meant:
        if ours == retried:
            raise Wrong("is listed as a deviation, but the SDK does the same")
        seen["retried otherwise than by the SDK, on purpose"] += 1
    else:
        same("sent again", ours, retried)
        seen["retried as by the SDK"] += 1


# The reading of scores, for texts that are plain JSON; the rest is for the Rust tests alone.


def outcome(text):
    """The rating or the gap of a text; None where plain JSON cannot tell."""

    def once(pairs):
        if len({key for key, _ in pairs}) != len(pairs):
            raise KeyError
        return dict(pairs)

    try:
        score = json.loads(text, object_pairs_hook=once, parse_float=decimal.Decimal)["score"]
    except json.JSONDecodeError:
        return None
    except KeyError:
        return "unreadable"
    if isinstance(score, str):
        score = decimal.Decimal(score)
    if not isinstance(score, (int, decimal.Decimal)):
        return "unreadable"
    return int(score) if score == int(score) and 0 <= score <= 100 else "out_of_range"


def judge_outcome(fixture, seen):
    expect = fixture["expect"]
    ours = expect.get("rating", expect.get("gap"))
    if expect["finish"] in ("refused", "blocked"):
        same("gap", ours, expect["finish"])
        return
    theirs = outcome(expect["text"])
    if theirs is not None:
        same("outcome", ours, theirs)
        seen["scores read the same by Python's json"] += 1


def check_shape(fixture):
    """The promises about the file itself, for the Rust side."""
    keys = {"name", "dialect", "status", "headers", "expect"}
    same("keys", set(), set(fixture) - keys - {"body", "text", "gzip_base64", "now"})
    same("contents", 1, sum(key in fixture for key in ("body", "text", "gzip_base64")))
    same("name's start", True, fixture["name"].startswith(fixture["dialect"] + "-"))
    expect = fixture["expect"]
    shapes = {
        "answer": {"kind", "finish", "text", "served", "usage"},
        "busy": {"kind", "wait_ms"},
        "broken": {"kind"},
        "rejected": {"kind"},
        "closed": {"kind", "why"},
    }
    same("keys of expect", shapes[expect["kind"]], set(expect) - {"rating", "gap"})
    if expect["kind"] == "answer":
        same("rating or gap", 1, ("rating" in expect) + ("gap" in expect))
        same("finish", True, expect["finish"] in ("complete", "truncated", "refused", "blocked"))
        gaps = (None, "unreadable", "truncated", "refused", "out_of_range", "blocked")
        same("gap", True, expect.get("gap") in gaps)
    if expect["kind"] == "closed":
        same("why", True, expect["why"] in ("key", "credit", "quota", "model"))


def judge(fixture, server, clients, seen):
    check_shape(fixture)
    expect = fixture["expect"]
    from_mistral = fixture["name"].startswith("openai-mistral-") and fixture["status"] == 200
    server.answers(fixture["status"], fixture["headers"], loopback.wire_bytes(fixture))
    try:
        reply = clients.call(fixture["dialect"], from_mistral)
    except (openai.APIStatusError, anthropic.APIStatusError, gemini_errors.APIError) as raised:
        if fixture["status"] == 200:
            raise Wrong(f"the SDK raises {raised!r}") from raised
        judge_error(fixture, raised)
        seen["errors raised as expected"] += 1
    except ValueError as raised:  # no JSON
        if "text" not in fixture or expect["kind"] != "broken":
            raise Wrong(f"the SDK cannot read it: {raised!r}") from raised
        seen["200s that are no JSON"] += 1
    else:
        if fixture["status"] != 200:
            raise Wrong("the SDK raises nothing")
        judge_reply(fixture, reply, from_mistral, seen)
    same("requests", 1, len(server.seen))
    if fixture["status"] != 200:
        judge_retry(fixture, clients, seen)
    if expect["kind"] == "busy":
        judge_wait(fixture, clients, seen)
    if expect["kind"] == "answer":
        judge_outcome(fixture, seen)


def main():
    logging.disable(logging.WARNING)
    raw = (HERE / "responses.json").read_bytes()
    fixtures = json.loads(raw.decode("ascii"))
    seen, wrong = collections.Counter(), []
    unused = set(DEVIATIONS) - {fixture["name"] for fixture in fixtures}
    with loopback.Loopback() as server:
        clients = Clients(server.url)
        for fixture in fixtures:
            try:
                judge(fixture, server, clients, seen)
            except Wrong as why:
                wrong.append(f"{fixture['name']}: {why}")
            else:
                if VERBOSE:
                    print("ok", fixture["name"])
    wrong += [f"{name}: a deviation of no fixture" for name in sorted(unused)]
    for line in wrong:
        print("WRONG", line)
    for what, count in sorted(seen.items()):
        print(f"{count:4} {what}")
    print(f"{len(fixtures)} fixtures, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
