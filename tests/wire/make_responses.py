#!/usr/bin/env python3
"""Writes responses.json: provider replies over the wire, and what our client must make of each.

Every reply for which an SDK has a type is validated by that type and written as the SDK dumps it, so
that a wrong key, a missing one or a value outside an enumeration stops this script. What servers send
in deviation from those types (Azure, OpenRouter, llama.cpp, ...) is a plain value, and marked so here
by `raw` or `lenient`.

    python make_responses.py            write responses.json
    python make_responses.py --check    compare only; exit 1 if it differs
    python judge_responses.py           then let the SDKs' own clients read it

Made with openai 3.57.0, anthropic 2.13.0, google-genai 3.6.1, mistralai 3.7.0 (requirements.txt).
"""

import argparse
import base64
import gzip
import json
import pathlib
import sys
import warnings

import pydantic
from anthropic.types import Message
from anthropic.types.shared import ErrorDetails as AnthropicDetails
from anthropic.types.shared import ErrorResponse as AnthropicError
from anthropic.types.shared.error_type import ErrorType as AnthropicErrorType
from google.genai import errors as gemini_errors
from google.genai import types as gemini
from mistralai.client.models import ChatCompletionResponse as MistralCompletion
from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from openai.types.shared import ErrorObject

OUT = pathlib.Path(__file__).parent / "responses.json"
warnings.simplefilter("error")  # google-genai only warns of a value that its enumeration lacks

JSON = "application/json"
HTML = "text/html; charset=utf-8"
NOW = "2026-11-24T12:00:00Z"

SAID = "AI drafts the report; a person still signs it off."
GOOD = json.dumps({"score": 42, "rationale": SAID})
DECOY = 'First thought: {"score": 10, "rationale": "a draft"}. No, the parts weigh more than that.'
SORRY = "I'm sorry, but I can't rate this task."

HTML_502 = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
HTML_200 = (
    "<!doctype html><html><head><title>Sign in</title></head><body>Please sign in to this network.</body></html>\n"
)
HTML_413 = (
    "<html><head><title>413 Request Entity Too Large</title></head><body>413 Request Entity Too Large</body></html>\n"
)

# Texts of a model that ended by itself, and what our reader makes of them on the scale 0 to 100.
READINGS = [
    ("fenced", f"```json\n{GOOD}\n```", 42),
    ("prose", f"Here is my rating of this task:\n\n{GOOD}\n\nTell me if another one should follow.", 42),
    ("score-as-string", '{"score": "42", "rationale": "x"}', 42),
    ("score-42.0", '{"score": 42.0, "rationale": "x"}', 42),
    ("score-142", '{"score": 142, "rationale": "x"}', "out_of_range"),
    ("score-42.5", '{"score": 42.5, "rationale": "x"}', "out_of_range"),
    ("score-16-digits", '{"score": 4242424242424242, "rationale": "x"}', "out_of_range"),
    ("score-null", '{"score": null, "rationale": "x"}', "unreadable"),
    ("score-twice", '{"score": 42, "rationale": "x", "score": 61}', "unreadable"),
    ("json-cut-behind-score", '{"score": 42, "rationale": "AI dra', 42),
    ("json-cut-in-score", '{"score": 4', "truncated"),
    ("no-json", "I would put this at about seventy.", "unreadable"),
    ("empty-text", "", "unreadable"),
    ("non-ascii", '{"score": 42, "rationale": "Schr\u00f6dinger \u2013 \u65e5\u672c \U0001f600 \\u00e9"}', 42),
]

FIXTURES = []


def add(name, dialect, expect, *, status=200, headers=None, now=None, **content):
    """`content` is one of body=, text= (as it stands), zipped= (a value, sent as gzip)."""
    assert len(content) == 1, name
    assert all(fixture["name"] != name for fixture in FIXTURES), name
    usual = {
        "openai": {"x-request-id": "req_4be1"},
        "openai-responses": {"x-request-id": "req_4be1"},
        "anthropic": {"request-id": "req_011CWire"},
        "gemini": {},
    }[dialect]
    fixture = {"name": name, "dialect": dialect, "status": status}
    fixture["headers"] = {"content-type": JSON} | usual | (headers or {})
    assert all(key == key.lower() for key in fixture["headers"]), name
    if "zipped" in content:
        raw = json.dumps(content["zipped"], separators=(",", ":")).encode()
        fixture["headers"]["content-encoding"] = "gzip"
        fixture["gzip_base64"] = base64.b64encode(gzip.compress(raw, mtime=0)).decode()
    else:
        fixture |= content
    if now:
        fixture["now"] = now
    FIXTURES.append(fixture | {"expect": expect})


# What is expected.


def usage(input=0, output=0, *, read=0, write=0, reasoning=0):
    return {"input": input, "cache_read": read, "cache_write": write, "output": output, "reasoning": reasoning}


def answer(finish, text, served, tokens, outcome):
    """`outcome` is the rating, or the name of the gap."""
    key = "gap" if isinstance(outcome, str) else "rating"
    return {"kind": "answer", "finish": finish, "text": text, "served": served, "usage": tokens, key: outcome}


def busy(wait_ms=None):
    return {"kind": "busy", "wait_ms": wait_ms}


BROKEN = {"kind": "broken"}
# Overloaded: the whole lane leaves the server alone for a while of its own choosing.
OVERLOADED = {"kind": "busy", "wait_ms": None}
REJECTED = {"kind": "rejected"}


def closed(why):
    return {"kind": "closed", "why": why}


def blocked_by_error():
    """A fact about the question that came as an error: nothing said, nothing counted."""
    return answer("blocked", "", "", usage(), "blocked")


# What the SDKs' types say to a body.


def surplus(value, path="body"):
    """Paths of keys that a response type does not know; the SDKs' base models keep and ignore them."""
    if isinstance(value, pydantic.BaseModel):
        for key in value.model_extra or {}:
            yield f"{path}.{key}"
        for key in type(value).model_fields:
            yield from surplus(getattr(value, key), f"{path}.{key}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from surplus(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from surplus(item, f"{path}.{index}")


def validated(model, body, *, lenient=False):
    """The body as the SDK's type dumps it. `lenient` lets keys pass that the type does not know."""
    value = model.model_validate(body)
    unknown = list(surplus(value))
    if unknown and not lenient:
        raise ValueError(f"{model.__name__} does not know {unknown}")
    dumped = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if dumped != body:
        raise ValueError(f"{model.__name__} makes something else of it: {dumped} of {body}")
    return dumped


# OpenAI Chat Completions, and the many servers that speak it.

CHAT_MODEL = "gpt-4o-2024-11-20"


def chat_usage(prompt, completion, *, cached=0, written=0, reasoning=0):
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
            "audio_tokens": 0,
        },
    }


def chat_raw(content, finish="stop", *, model=CHAT_MODEL, refusal=None, tokens=None, message=None, more=None):
    said = {"role": "assistant", "content": content, "refusal": refusal, "annotations": []} | (message or {})
    body = {
        "id": "chatcmpl-CfWire",
        "object": "chat.completion",
        "created": 1795500000,
        "model": model,
        "service_tier": "default",
        "system_fingerprint": "fp_a788c5aef0",
        "choices": [{"index": 0, "finish_reason": finish, "logprobs": None, "message": said}],
        "usage": tokens or chat_usage(900, 60),
    }
    return body | (more or {})


def chat(content, finish="stop", *, lenient=False, **rest):
    return validated(ChatCompletion, chat_raw(content, finish, **rest), lenient=lenient)


def chat_answers():
    d, served, plain = "openai", CHAT_MODEL, usage(900, 60)
    add("openai-answer", d, answer("complete", GOOD, served, plain, 42), body=chat(GOOD))
    add(
        "openai-answer-reasoning",
        d,
        answer("complete", GOOD, "gpt-6-luna", usage(900, 256, reasoning=192), 42),
        body=chat(GOOD, model="gpt-6-luna", tokens=chat_usage(900, 256, reasoning=192)),
    )
    add(
        "openai-answer-cache-read",
        d,
        answer("complete", GOOD, served, usage(1180, 60, read=1024), 42),
        body=chat(GOOD, tokens=chat_usage(1180, 60, cached=1024)),
    )
    add(
        "openai-answer-cache-write",
        d,
        answer("complete", GOOD, "gpt-6-luna", usage(1180, 60, write=1152), 42),
        body=chat(GOOD, model="gpt-6-luna", tokens=chat_usage(1180, 60, written=1152)),
    )
    add(
        "openai-length-behind-score",
        d,
        answer("truncated", GOOD[:40], served, usage(900, 12), 42),
        body=chat(GOOD[:40], "length", tokens=chat_usage(900, 12)),
    )
    add(
        "openai-length-in-score",
        d,
        answer("truncated", '{"score": 4', served, usage(900, 4), "truncated"),
        body=chat('{"score": 4', "length", tokens=chat_usage(900, 4)),
    )
    for name, content in [("empty", ""), ("null", None)]:
        add(
            f"openai-length-{name}",
            d,
            answer("truncated", "", "gpt-6-luna", usage(900, 300, reasoning=300), "truncated"),
            body=chat(content, "length", model="gpt-6-luna", tokens=chat_usage(900, 300, reasoning=300)),
        )
    add(
        "openai-refusal",
        d,
        answer("refused", SORRY, served, usage(900, 14), "refused"),
        body=chat(None, refusal=SORRY, tokens=chat_usage(900, 14)),
    )
    add(
        "openai-content-filter",
        d,
        answer("blocked", '{"score": 42, "rationale": "The', served, usage(900, 9), "blocked"),
        body=chat('{"score": 42, "rationale": "The', "content_filter", tokens=chat_usage(900, 9)),
    )
    for name, text, outcome in READINGS:
        add(f"openai-{name}", d, answer("complete", text, served, plain, outcome), body=chat(text))
    add("openai-gzip", d, answer("complete", GOOD, served, plain, 42), zipped=chat(GOOD))


def chat_dialects():
    """What other servers add to Chat Completions, or leave out."""
    d = "openai"
    verdicts = {"violence": {"filtered": True, "severity": "medium"}}
    choice = {"content_filter_results": verdicts}
    azure = chat_raw("", "content_filter", tokens=chat_usage(900, 0))
    azure["choices"][0] |= choice
    add(
        "openai-azure-content-filter",
        d,
        answer("blocked", "", CHAT_MODEL, usage(900, 0), "blocked"),
        body=validated(ChatCompletion, azure | {"prompt_filter_results": []}, lenient=True),
    )
    tokens = chat_usage(900, 256, cached=832, reasoning=192) | {
        "prompt_cache_hit_tokens": 832,
        "prompt_cache_miss_tokens": 68,
    }
    add(
        "openai-deepseek-reasoning-content",
        d,
        answer("complete", GOOD, "deepseek-v4-flash", usage(900, 256, read=832, reasoning=192), 42),
        body=chat(GOOD, model="deepseek-v4-flash", tokens=tokens, message={"reasoning_content": DECOY}, lenient=True),
    )
    add(
        "openai-openrouter-reasoning",
        d,
        answer("complete", GOOD, "z-ai/glm-5.3-flash", usage(900, 256, reasoning=192), 42),
        body=chat(
            GOOD,
            model="z-ai/glm-5.3-flash",
            tokens=chat_usage(900, 256, reasoning=192) | {"cost": 0.00013, "is_byok": False},
            message={"reasoning": DECOY, "reasoning_details": [{"type": "reasoning.text", "text": DECOY, "index": 0}]},
            more={"provider": "BaseTen"},
            lenient=True,
        ),
    )
    thought = f"<think>\n{DECOY}\n</think>\n{GOOD}"
    add(
        "openai-think-tags-in-content",
        d,
        answer("complete", thought, "qwen4-8b", usage(900, 160), 42),
        body=chat(thought, model="qwen4-8b", tokens=chat_usage(900, 160)),
    )
    add(
        "openai-usage-without-details",
        d,
        answer("complete", GOOD, "model.gguf", usage(900, 60), 42),
        body=chat(
            GOOD,
            model="model.gguf",
            tokens={"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
            more={"timings": {"prompt_ms": 812.5, "predicted_ms": 2201.0}},
            lenient=True,
        ),
    )
    tokens = {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960, "prompt_tokens_details": None}
    add(
        "openai-vllm-usage-details-null",
        d,
        answer("complete", GOOD, "org/model-7b", usage(900, 60), 42),
        body=chat(
            GOOD,
            model="org/model-7b",
            tokens=tokens,
            message={"tool_calls": [], "reasoning": None},
            more={"kv_transfer_params": None},
            lenient=True,
        ),
    )
    body = chat_raw(GOOD, model="model.gguf")
    del body["usage"]
    add(
        "openai-without-usage",
        d,
        answer("complete", GOOD, "model.gguf", usage(), 42),
        body=validated(ChatCompletion, body),
    )
    body = chat_raw(GOOD, model="some-model")
    body["choices"][0]["message"] = {"role": "assistant", "content": GOOD}
    del body["choices"][0]["logprobs"], body["service_tier"], body["system_fingerprint"]
    add(
        "openai-bare-message",
        d,
        answer("complete", GOOD, "some-model", usage(900, 60), 42),
        body=validated(ChatCompletion, body),
    )

    def mistral(content, finish, tokens):
        message = {"role": "assistant", "content": content}
        return validated(
            MistralCompletion,
            {
                "id": "cmpl-wire",
                "object": "chat.completion",
                "created": 1795500000,
                "model": "mistral-medium-3.5",
                "choices": [{"index": 0, "finish_reason": finish, "message": message}],
                "usage": {"prompt_tokens": 900, "completion_tokens": tokens, "total_tokens": 900 + tokens},
            },
        )

    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": DECOY}]},
        {"type": "text", "text": GOOD[:20]},
        {"type": "text", "text": GOOD[20:]},
    ]
    served = "mistral-medium-3.5"
    add(
        "openai-mistral-content-parts",
        d,
        answer("complete", GOOD, served, usage(900, 160), 42),
        body=mistral(parts, "stop", 160),
    )
    add(
        "openai-mistral-only-thinking",
        d,
        answer("truncated", "", served, usage(900, 300), "truncated"),
        body=mistral(parts[:1], "length", 300),
    )
    add(
        "openai-mistral-model-length",
        d,
        answer("truncated", GOOD[:40], served, usage(900, 12), 42),
        body=mistral(GOOD[:40], "model_length", 12),
    )
    add("openai-mistral-finish-error", d, BROKEN, body=mistral("", "error", 0))


# OpenAI Responses.

RESPONSES_MODEL = "gpt-6-luna"


def said(*contents, status="completed", **rest):
    return {
        "id": "msg_wire",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": list(contents),
    } | rest


def output_text(text):
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def thought_item(summary=DECOY):
    return {"id": "rs_wire", "type": "reasoning", "summary": [{"type": "summary_text", "text": summary}]}


def response(
    output, *, status="completed", error=None, reason=None, tokens=(900, 60), cached=0, written=0, reasoning=0
):
    counted = None
    if tokens:
        counted = {
            "input_tokens": tokens[0],
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
            "output_tokens": tokens[1],
            "output_tokens_details": {"reasoning_tokens": reasoning},
            "total_tokens": sum(tokens),
        }
    return validated(
        Response,
        {
            "id": "resp_wire",
            "object": "response",
            "created_at": 1795500000.0,
            "status": status,
            "background": False,
            "error": error,
            "incomplete_details": {"reason": reason} if reason else None,
            "instructions": None,
            "max_output_tokens": 400,
            "metadata": {},
            "model": RESPONSES_MODEL,
            "output": output,
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": {"effort": "low", "summary": None},
            "service_tier": "default",
            "temperature": None,
            "text": {"format": {"type": "text"}, "verbosity": "low"},
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            "truncation": "disabled",
            "usage": counted,
        },
    )


def failed(code, message):
    return response([], status="failed", error={"code": code, "message": message}, tokens=None)


def responses_answers():
    d, served, plain = "openai-responses", RESPONSES_MODEL, usage(900, 60)
    add(f"{d}-answer", d, answer("complete", GOOD, served, plain, 42), body=response([said(output_text(GOOD))]))
    add(
        f"{d}-answer-reasoning",
        d,
        answer("complete", GOOD, served, usage(900, 256, reasoning=192), 42),
        body=response([thought_item(), said(output_text(GOOD))], tokens=(900, 256), reasoning=192),
    )
    raw_thought = thought_item() | {"content": [{"type": "reasoning_text", "text": DECOY}], "summary": []}
    add(
        f"{d}-answer-reasoning-text",
        d,
        answer("complete", GOOD, served, usage(900, 256, reasoning=192), 42),
        body=response([raw_thought, said(output_text(GOOD))], tokens=(900, 256), reasoning=192),
    )
    add(
        f"{d}-answer-in-parts",
        d,
        answer("complete", GOOD, served, plain, 42),
        body=response([said(output_text(GOOD[:20]), output_text(GOOD[20:]))]),
    )
    add(
        f"{d}-answer-cache-read",
        d,
        answer("complete", GOOD, served, usage(1180, 60, read=1024), 42),
        body=response([said(output_text(GOOD))], tokens=(1180, 60), cached=1024),
    )
    add(
        f"{d}-answer-cache-write",
        d,
        answer("complete", GOOD, served, usage(1180, 60, write=1152), 42),
        body=response([said(output_text(GOOD))], tokens=(1180, 60), written=1152),
    )
    for name, text, tokens, outcome in [
        ("behind-score", GOOD[:40], 12, 42),
        ("in-score", '{"score": 4', 4, "truncated"),
    ]:
        add(
            f"{d}-length-{name}",
            d,
            answer("truncated", text, served, usage(900, tokens), outcome),
            body=response(
                [said(output_text(text), status="incomplete")],
                status="incomplete",
                reason="max_output_tokens",
                tokens=(900, tokens),
            ),
        )
    add(
        f"{d}-length-empty",
        d,
        answer("truncated", "", served, usage(900, 300, reasoning=300), "truncated"),
        body=response(
            [thought_item()], status="incomplete", reason="max_output_tokens", tokens=(900, 300), reasoning=300
        ),
    )
    add(
        f"{d}-refusal",
        d,
        answer("refused", SORRY, served, usage(900, 14), "refused"),
        body=response([said({"type": "refusal", "refusal": SORRY})], tokens=(900, 14)),
    )
    add(
        f"{d}-content-filter",
        d,
        answer("blocked", '{"score": 42, "rationale": "The', served, usage(900, 9), "blocked"),
        body=response(
            [said(output_text('{"score": 42, "rationale": "The'), status="incomplete")],
            status="incomplete",
            reason="content_filter",
            tokens=(900, 9),
        ),
    )
    for name, text, outcome in READINGS:
        add(
            f"{d}-{name}", d, answer("complete", text, served, plain, outcome), body=response([said(output_text(text))])
        )
    add(f"{d}-gzip", d, answer("complete", GOOD, served, plain, 42), zipped=response([said(output_text(GOOD))]))

    # Failures that come as HTTP 200.
    add(f"{d}-failed-server-error", d, BROKEN, body=failed("server_error", "The model had an error."))
    add(f"{d}-failed-rate-limit", d, busy(), body=failed("rate_limit_exceeded", "Rate limit reached."))
    add(
        f"{d}-failed-rate-limit-in-text",
        d,
        busy(11054),
        body=failed("rate_limit_exceeded", "Rate limit reached for gpt-6-luna. Please try again in 11.054s."),
    )
    add(f"{d}-failed-invalid-prompt", d, REJECTED, body=failed("invalid_prompt", "This prompt cannot be used."))
    add(
        f"{d}-failed-bio-policy",
        d,
        answer("blocked", "", served, usage(), "blocked"),
        body=failed("bio_policy", "Stopped under the policy on biological risks."),
    )


# Errors of both of OpenAI's interfaces.


def openai_error(message, kind, code=None, param=None):
    return {"error": validated(ErrorObject, {"message": message, "type": kind, "param": param, "code": code})}


RATE = "Rate limit reached for gpt-4o in organization org-wire on tokens per min (TPM): Limit 30000, Used 29500."

# Waits by header alone, as OpenAI, Anthropic and Mistral send them.
WAITS = [
    ("retry-after-2", {"retry-after": "2"}, 2000, None),
    ("retry-after-half", {"retry-after": "0.5"}, 500, None),
    ("retry-after-0", {"retry-after": "0"}, None, None),
    ("retry-after-3600", {"retry-after": "3600"}, 3_600_000, None),
    ("retry-after-nonsense", {"retry-after": "soon"}, None, None),
    ("retry-after-ms-150", {"retry-after-ms": "150", "retry-after": "1"}, 150, None),
    ("retry-after-date", {"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT"}, 30_000, NOW),
    ("retry-after-date-past", {"retry-after": "Tue, 24 Nov 2026 11:59:00 GMT"}, None, NOW),
    ("no-header", {}, None, None),
]


def limits(requests, reset_requests, tokens, reset_tokens, **rest):
    return {
        "x-ratelimit-limit-requests": "5000",
        "x-ratelimit-limit-tokens": "30000",
        "x-ratelimit-remaining-requests": requests,
        "x-ratelimit-remaining-tokens": tokens,
        "x-ratelimit-reset-requests": reset_requests,
        "x-ratelimit-reset-tokens": reset_tokens,
    } | rest


def openai_errors(d):
    def error(name, status, expect, body, headers=None, now=None):
        add(f"{d}-{status}-{name}", d, expect, status=status, headers=headers, now=now, body=body)

    def text(name, status, expect, body, kind=HTML, headers=None):
        add(
            f"{d}-{status}-{name}",
            d,
            expect,
            status=status,
            headers={"content-type": kind} | (headers or {}),
            text=body,
        )

    invalid = "invalid_request_error"
    over = "This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens."
    error("context-length", 400, REJECTED, openai_error(over, invalid, "context_length_exceeded", "messages"))
    error(
        "unsupported-parameter",
        400,
        REJECTED,
        openai_error(
            "Unsupported parameter: 'max_tokens' is not supported with this model.",
            invalid,
            "unsupported_parameter",
            "max_tokens",
        ),
    )
    error(
        "unsupported-value",
        400,
        REJECTED,
        openai_error(
            "Unsupported value: 'temperature' does not support 0 with this model.",
            invalid,
            "unsupported_value",
            "temperature",
        ),
    )
    error(
        "decimal-above-max",
        400,
        REJECTED,
        openai_error("Invalid 'temperature': at most 2.", invalid, "decimal_above_max_value", "temperature"),
    )
    error(
        "bad-schema",
        400,
        REJECTED,
        openai_error("Invalid schema for response_format 'task_score'.", invalid, None, "response_format"),
    )
    error("invalid-prompt", 400, REJECTED, openai_error("This prompt cannot be used.", invalid, "invalid_prompt"))
    verdicts = {"hate": {"filtered": False, "severity": "safe"}, "violence": {"filtered": True, "severity": "medium"}}
    # Azure: `type` is null, which OpenAI's type does not allow. [raw]
    error(
        "azure-content-filter",
        400,
        blocked_by_error(),
        {
            "error": {
                "message": "The response was filtered due to the prompt triggering the content management policy.",
                "type": None,
                "param": "prompt",
                "code": "content_filter",
                "status": 400,
                "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": verdicts},
            }
        },
    )
    error(
        "should-retry",
        400,
        BROKEN,
        openai_error("Could not read the body.", invalid),
        {"x-should-retry": "true"},
    )
    error("key", 401, closed("key"), openai_error("Incorrect API key provided: sk-wire.", invalid, "invalid_api_key"))
    error(
        "payment", 402, closed("credit"), openai_error("Insufficient Balance", "unknown_error", "invalid_request_error")
    )
    error(
        "region",
        403,
        closed("key"),
        openai_error(
            "Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"
        ),
    )
    error(
        "model",
        404,
        closed("model"),
        openai_error("The model `gpt-9` does not exist or you do not have access to it.", invalid, "model_not_found"),
    )
    error(
        "model-retired",
        404,
        closed("model"),
        openai_error("The model `gpt-4-turbo` has been deprecated.", invalid, "model_not_found", "model"),
    )
    error("timeout", 408, BROKEN, openai_error("Request timed out.", "timeout"))
    error("conflict", 409, BROKEN, openai_error("The resource is locked.", "conflict_error"))
    text("html", 413, REJECTED, HTML_413)
    error("unprocessable", 422, REJECTED, openai_error("The request was well formed but cannot be done.", invalid))

    limited = openai_error(RATE, "tokens", "rate_limit_exceeded")
    for name, headers, wait, now in WAITS:
        error(name, 429, busy(wait), limited, headers, now)
    error("reset-tokens", 429, busy(360_000), limited, limits("4999", "12ms", "0", "6m0s"))
    error("reset-requests", 429, busy(12), limited, limits("0", "12ms", "29000", "6m0s"))
    error("reset-both", 429, busy(90_500), limited, limits("0", "1s", "0", "1m30.5s"))
    error("reset-neither", 429, busy(), limited, limits("4999", "12ms", "500", "59s"))
    error("reset-hours", 429, busy(3_720_000), limited, limits("4999", "12ms", "0", "1h2m"))
    error("reset-plain-seconds", 429, busy(27_000), limited, limits("249", "0", "0", "27"))
    error("reset-minus-one", 429, busy(), limited, limits("-1", "0", "-1", "0"))
    error(
        "retry-after-before-reset",
        429,
        busy(2000),
        limited,
        limits("4999", "12ms", "0", "6m0s", **{"retry-after": "2"}),
    )
    for name, words, wait in [("seconds", "5.289s", 5289), ("minutes", "1m30.5s", 90_500), ("millis", "20ms", 20)]:
        body = openai_error(f"{RATE} Please try again in {words}. Need more tokens?", "tokens", "rate_limit_exceeded")
        error(f"wait-in-text-{name}", 429, busy(wait), body)
    error(
        "slow-down",
        429,
        busy(),
        openai_error("Your traffic grew too fast. Please slow down.", "rate_limit_error", "slow_down"),
    )
    for code in [
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "insufficient_quota",
    ]:
        body = openai_error("You exceeded your current quota, please check your plan.", "insufficient_quota", code)
        error(code.replace("_", "-"), 429, closed("credit"), body)
    error(
        "quota-type-only",
        429,
        closed("credit"),
        openai_error("You exceeded your current quota.", "insufficient_quota"),
        {"retry-after": "2"},
    )
    error(
        "billing-not-active",
        429,
        closed("credit"),
        openai_error("Your account is not active.", "billing_not_active", "billing_not_active"),
    )
    error(
        "too-large-for-limit",
        429,
        REJECTED,
        openai_error(
            "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 35000. "
            "The input or output tokens must be reduced in order to run successfully.",
            "tokens",
            "rate_limit_exceeded",
        ),
    )
    text("not-json", 429, busy(2000), "Too Many Requests\n", "text/plain", {"retry-after": "2"})

    error("server-error", 500, BROKEN, openai_error("The server had an error.", "server_error"))
    text("empty", 500, BROKEN, "", "text/plain")
    text("not-json", 500, BROKEN, "Internal Server Error", "text/plain")
    error(
        "should-not-retry",
        500,
        REJECTED,
        openai_error("The server had an error.", "server_error"),
        {"x-should-retry": "false"},
    )
    text("html", 502, BROKEN, HTML_502)
    overloaded = openai_error("The model is overloaded.", "service_unavailable_error", "server_is_overloaded")
    error("overloaded", 503, OVERLOADED, overloaded)
    error("overloaded-retry-after", 503, busy(20_000), overloaded, {"retry-after": "20"})
    error("slow-down", 503, busy(), openai_error("Please slow down.", "service_unavailable_error", "slow_down"))
    text("html", 504, BROKEN, HTML_502.replace("502 Bad Gateway", "504 Gateway Time-out"))
    text("cloudflare", 524, BROKEN, "error code: 524", "text/plain")
    text("html", 200, BROKEN, HTML_200)
    whole = json.dumps(chat_raw(GOOD))
    text("json-cut", 200, BROKEN, whole[: len(whole) // 2], JSON)


def chat_server_errors():
    """Errors in the shapes of servers that speak Chat Completions. All [raw]: no SDK has types for them."""
    d = "openai"

    def error(name, status, expect, body, headers=None):
        add(f"{d}-{name}", d, expect, status=status, headers=headers, body=body)

    def openrouter(code, message="Provider returned error", **metadata):
        metadata = {"provider_name": "BaseTen"} | metadata
        return {"error": {"message": message, "code": code, "metadata": metadata}, "user_id": "user_wire"}

    # OpenRouter: HTTP 200 once the model had begun.
    error("openrouter-200-429", 200, busy(), openrouter(429, raw="temporarily rate-limited upstream"))
    error("openrouter-200-402", 200, closed("credit"), openrouter(402, "Insufficient credits."))
    error("openrouter-200-401", 200, closed("key"), openrouter(401, "No auth credentials found."))
    error(
        "openrouter-200-400", 200, REJECTED, openrouter(400, "This endpoint's maximum context length is 8192 tokens.")
    )
    error("openrouter-200-502", 200, BROKEN, openrouter(502))
    error("openrouter-200-503", 200, OVERLOADED, openrouter(503, "No provider available."))
    partial = chat_raw('{"score": 4', "error", model="z-ai/glm-5.3-flash")
    partial["choices"][0]["error"] = {"code": 502, "message": "Upstream idle timeout exceeded"}
    error("openrouter-200-finish-error", 200, BROKEN, partial)
    for name, choices in [("null", None), ("empty", [])]:
        error(f"200-choices-{name}", 200, BROKEN, chat_raw(GOOD) | {"choices": choices})
    error("200-not-an-object", 200, BROKEN, ["unexpected"])
    error(
        "openrouter-402-in-flight",
        402,
        busy(3000),
        openrouter(402, "In-flight budget is used up.", limit_source="openrouter_in_flight_budget"),
        {"retry-after": "3"},
    )
    error("openrouter-402-credits", 402, closed("credit"), openrouter(402, "Insufficient credits."))
    error(
        "openrouter-403-key-limit",
        403,
        closed("credit"),
        openrouter(403, "Key limit exceeded.", limit_source="openrouter_key_limit", limit_usd=5, spend_usd=5.01),
    )
    error(
        "openrouter-403-moderation",
        403,
        blocked_by_error(),
        openrouter(
            403, "Your input was flagged.", reasons=["violence"], flagged_input="...", model_slug="openai/gpt-4o"
        ),
    )
    error("openrouter-408", 408, BROKEN, openrouter(408, "Your request timed out."))
    error("openrouter-503", 503, OVERLOADED, openrouter(503, "No provider available."))

    # llama.cpp: `code` is a number.
    error(
        "llamacpp-400-context",
        400,
        REJECTED,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size, try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 5000,
                "n_ctx": 4096,
            }
        },
    )
    error(
        "llamacpp-401",
        401,
        closed("key"),
        {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}},
    )
    error(
        "llamacpp-500-cut-format",
        500,
        BROKEN,
        {
            "error": {
                "code": 500,
                "message": "output does not match the expected peg-native format",
                "type": "server_error",
            }
        },
    )
    error(
        "llamacpp-503-loading",
        503,
        OVERLOADED,
        {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
    )
    # llama-cpp-python: a wrong request is an internal error.
    error(
        "llamacpppython-500-validation",
        500,
        REJECTED,
        {
            "error": {
                "message": "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), "
                "'msg': \"Input should be 'text' or 'json_object'\", 'input': 'json_schema'}]",
                "type": "internal_server_error",
                "param": None,
                "code": None,
            }
        },
    )
    error("llamacpppython-401", 401, closed("key"), {"detail": "Invalid API key"})
    # vLLM: older versions without `error` around it.
    over = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."
    flat = {"object": "error", "message": over, "type": "BadRequestError", "param": None, "code": 400}
    error("vllm-400-context-flat", 400, REJECTED, flat)
    error(
        "vllm-400-context", 400, REJECTED, {"error": {key: flat[key] for key in ("message", "type", "param", "code")}}
    )
    gone = "The model `org/model-7b` does not exist."
    error("vllm-404-model-flat", 404, closed("model"), flat | {"message": gone, "type": "NotFoundError", "code": 404})
    error(
        "ollama-404-model",
        404,
        closed("model"),
        {"error": {"message": "model 'llama9' not found", "type": "not_found_error", "param": None, "code": None}},
    )
    error("error-as-text-404-model", 404, closed("model"), {"error": "model 'llama9' not found, try pulling it first"})
    error("error-as-text-500", 500, BROKEN, {"error": "upstream connect error"})
    # Mistral
    loc = [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 7}]
    error("mistral-422", 422, REJECTED, {"detail": loc})
    unknown = {
        "object": "error",
        "message": "Invalid model: mistral-huge",
        "type": "invalid_model",
        "param": None,
        "code": "1500",
    }
    error("mistral-400-model", 400, closed("model"), unknown)
    error("mistral-401", 401, closed("key"), {"detail": "Unauthorized"})
    limited = unknown | {"message": "Requests rate limit exceeded", "type": "rate_limited", "code": "1300"}
    error("mistral-429", 429, busy(4000), limited, {"retry-after": "4", "x-ratelimitbysize-remaining-minute": "0"})
    # Groq
    groq = {"message": f"{RATE} Please try again in 2m59.56s.", "type": "tokens", "code": "rate_limit_exceeded"}
    error(
        "groq-429-reset",
        429,
        busy(179_560),
        {"error": groq | {"message": RATE}},
        limits("0", "2m59.56s", "5999", "7.66s"),
    )
    error("groq-429-in-text", 429, busy(179_560), {"error": groq})
    large = "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7000."
    error("groq-413-too-large", 413, REJECTED, {"error": groq | {"message": large}})
    error(
        "groq-498-flex",
        498,
        busy(),
        {"error": {"message": "Flex tier capacity exceeded.", "type": "capacity_exceeded"}},
    )
    # Together: the context is a matter of permission.
    error(
        "together-403-context",
        403,
        REJECTED,
        {"error": {"message": over, "type": "invalid_request_error", "param": None, "code": None}},
    )
    error(
        "together-402",
        402,
        closed("credit"),
        {
            "error": {
                "message": "You have reached your spending limit.",
                "type": "credit_limit",
                "param": None,
                "code": None,
            }
        },
    )

    # LiteLLM: `code` is the status as text.
    def litellm(message, kind, code):
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}

    error("litellm-429", 429, busy(), litellm("RateLimitError: no deployments available", "throttling_error", "429"))
    error("litellm-400", 400, REJECTED, litellm("UnsupportedParamsError: m does not support temperature", None, "400"))


# Anthropic Messages.

CLAUDE = "claude-sonnet-4-6"


def claude_usage(input, output, *, created=0, read=0, thought=0):
    return {
        "input_tokens": input,
        "cache_creation_input_tokens": created,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": created},
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": thought},
        "service_tier": "standard",
        "inference_geo": "global",
        "speed": "standard",
    }


def claude(content, stop="end_turn", *, tokens=None, model=CLAUDE, details=None, sequence=None):
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    return validated(
        Message,
        {
            "id": "msg_01Wire",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": stop,
            "stop_sequence": sequence,
            "stop_details": details,
            "container": None,
            "usage": tokens or claude_usage(900, 60),
        },
    )


def refusal_details(category, explanation):
    return {"type": "refusal", "category": category, "explanation": explanation}


def anthropic_answers():
    d, served, plain = "anthropic", CLAUDE, usage(900, 60)
    thinking = {"type": "thinking", "thinking": DECOY, "signature": "c2lnbmF0dXJl"}
    omitted = thinking | {"thinking": ""}
    redacted = {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"}
    good = {"type": "text", "text": GOOD}
    add("anthropic-answer", d, answer("complete", GOOD, served, plain, 42), body=claude(GOOD))
    for name, blocks in [
        ("thinking", [thinking, good]),
        ("thinking-omitted", [omitted, good]),
        ("thinking-redacted", [redacted, good]),
    ]:
        add(
            f"anthropic-answer-{name}",
            d,
            answer("complete", GOOD, "claude-sonnet-5-5", usage(900, 256, reasoning=192), 42),
            body=claude(blocks, model="claude-sonnet-5-5", tokens=claude_usage(900, 256, thought=192)),
        )
    halves = [{"type": "text", "text": GOOD[:20]}, {"type": "text", "text": GOOD[20:]}]
    add("anthropic-answer-in-parts", d, answer("complete", GOOD, served, plain, 42), body=claude(halves))
    add(
        "anthropic-answer-cache-read",
        d,
        answer("complete", GOOD, served, usage(900, 60, read=840), 42),
        body=claude(GOOD, tokens=claude_usage(60, 60, read=840)),
    )
    add(
        "anthropic-answer-cache-write",
        d,
        answer("complete", GOOD, served, usage(1100, 60, write=1040), 42),
        body=claude(GOOD, tokens=claude_usage(60, 60, created=1040)),
    )
    add(
        "anthropic-answer-cache-both",
        d,
        answer("complete", GOOD, served, usage(2000, 60, read=1024, write=916), 42),
        body=claude(GOOD, tokens=claude_usage(60, 60, created=916, read=1024)),
    )
    bare = {
        "input_tokens": 900,
        "output_tokens": 60,
        "cache_creation_input_tokens": None,
        "cache_read_input_tokens": None,
    }
    add("anthropic-usage-bare", d, answer("complete", GOOD, served, plain, 42), body=claude(GOOD, tokens=bare))
    add(
        "anthropic-stop-sequence",
        d,
        answer("complete", GOOD, served, plain, 42),
        body=claude(GOOD, "stop_sequence", sequence="\n\n"),
    )
    for name, stop, text, tokens, outcome in [
        ("length-behind-score", "max_tokens", GOOD[:40], 12, 42),
        ("length-in-score", "max_tokens", '{"score": 4', 4, "truncated"),
        ("length-of-context", "model_context_window_exceeded", GOOD[:40], 12, 42),
    ]:
        add(
            f"anthropic-{name}",
            d,
            answer("truncated", text, served, usage(900, tokens), outcome),
            body=claude(text, stop, tokens=claude_usage(900, tokens)),
        )
    for name, blocks in [("empty", []), ("only-thinking", [thinking])]:
        add(
            f"anthropic-length-{name}",
            d,
            answer("truncated", "", served, usage(900, 300, reasoning=300), "truncated"),
            body=claude(blocks, "max_tokens", tokens=claude_usage(900, 300, thought=300)),
        )
    for category in ["frontier_llm", "cyber", None]:
        explanation = f"Stopped under the policy on {category}." if category else None
        add(
            f"anthropic-refusal-{(category or 'no-category').replace('_', '-')}",
            d,
            answer("refused", "", served, usage(900, 1), "refused"),
            body=claude([], "refusal", tokens=claude_usage(900, 1), details=refusal_details(category, explanation)),
        )
    add(
        "anthropic-refusal-partial",
        d,
        answer("refused", '{"score": 42, "rationale": "The', served, usage(900, 9), "refused"),
        body=claude(
            '{"score": 42, "rationale": "The',
            "refusal",
            tokens=claude_usage(900, 9),
            details=refusal_details("bio", "Stopped under the policy on bio."),
        ),
    )
    add(
        "anthropic-refusal-without-details",
        d,
        answer("refused", "", served, usage(900, 1), "refused"),
        body=claude([], "refusal", tokens=claude_usage(900, 1)),
    )
    for name, text, outcome in READINGS:
        add(f"anthropic-{name}", d, answer("complete", text, served, plain, outcome), body=claude(text))
    add("anthropic-gzip", d, answer("complete", GOOD, served, plain, 42), zipped=claude(GOOD))


def anthropic_error(kind, message, **details):
    inner = {"type": kind, "message": message}
    if details:
        parsed = pydantic.TypeAdapter(AnthropicDetails).validate_python(details)
        if list(surplus(parsed)):
            raise ValueError(f"no error of Anthropic's has these details: {details}")
        inner["details"] = details
    body = {"type": "error", "error": inner, "request_id": "req_011CWire"}
    # `details` belongs to the exception classes of the SDK and not to ErrorResponse, which lets it pass.
    return validated(AnthropicError, body, lenient=bool(details))


def anthropic_errors():
    d = "anthropic"

    def error(name, status, expect, body, headers=None, now=None):
        add(f"anthropic-{status}-{name}", d, expect, status=status, headers=headers, now=now, body=body)

    def text(name, status, expect, body, kind=HTML):
        add(f"anthropic-{status}-{name}", d, expect, status=status, headers={"content-type": kind}, text=body)

    invalid = "invalid_request_error"
    final, again = {"x-should-retry": "false"}, {"x-should-retry": "true"}
    error(
        "prompt-too-long",
        400,
        REJECTED,
        anthropic_error(invalid, "prompt is too long: 1048832 tokens > 1000000 maximum"),
        final,
    )
    error(
        "context-limit",
        400,
        REJECTED,
        anthropic_error(invalid, "input length and `max_tokens` exceed context limit: 199900 + 400 > 200000"),
    )
    error("temperature", 400, REJECTED, anthropic_error(invalid, "temperature: Extra inputs are not permitted"))
    spent = "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
    error("usage-limits", 400, closed("credit"), anthropic_error(invalid, spent))
    low = "Your credit balance is too low to access the Anthropic API. Please purchase credits."
    error("credit-balance", 400, closed("credit"), anthropic_error(invalid, low))
    hold = anthropic_error(invalid, "This organization has been disabled.", error_code="organization_on_hold")
    error("organization-on-hold", 400, closed("key"), hold)
    error("should-retry", 400, BROKEN, anthropic_error(invalid, "Could not read the body."), again)
    error("key", 401, closed("key"), anthropic_error("authentication_error", "invalid x-api-key"), final)
    error("billing", 402, closed("credit"), anthropic_error("billing_error", "There is an issue with your billing."))
    for code in ["linked_organization_spend_limit_reached", "linked_organization_billing_unavailable"]:
        body = anthropic_error("billing_error", "The linked organization cannot be billed.", error_code=code)
        error(code.replace("_", "-"), 402, closed("credit"), body)
    error("permission", 403, closed("key"), anthropic_error("permission_error", "Your key may not use this resource."))
    error("model", 404, closed("model"), anthropic_error("not_found_error", "model: claude-sonnet-4-5"), final)
    error("timeout", 408, BROKEN, anthropic_error("timeout_error", "The request took too long to arrive."))
    # The two types below are not in ErrorResponse; `conflict_error` is in ErrorType at least. [raw]
    kinds = pydantic.TypeAdapter(AnthropicErrorType)
    kinds.validate_python("conflict_error")
    conflict = {"type": "error", "error": {"type": "conflict_error", "message": "The resource was changed meanwhile."}}
    error("conflict", 409, BROKEN, conflict)
    large = {"type": "error", "error": {"type": "request_too_large", "message": "Request exceeds the maximum size."}}
    error("too-large", 413, REJECTED, large)
    text("html", 413, REJECTED, HTML_413)

    limited = anthropic_error("rate_limit_error", "This request would exceed your account's rate limit.")
    for name, headers, wait, now in WAITS:
        error(name, 429, busy(wait), limited, headers | again, now)
    resets = {
        "anthropic-ratelimit-requests-limit": "1000",
        "anthropic-ratelimit-requests-remaining": "999",
        "anthropic-ratelimit-requests-reset": "2026-11-24T12:00:01Z",
        "anthropic-ratelimit-input-tokens-limit": "450000",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-24T12:00:46Z",
        "anthropic-ratelimit-output-tokens-limit": "90000",
        "anthropic-ratelimit-output-tokens-remaining": "80000",
        "anthropic-ratelimit-output-tokens-reset": "2026-11-24T12:00:07Z",
    }
    error("retry-after-before-reset", 429, busy(12_000), limited, resets | {"retry-after": "12"} | again, NOW)
    error("reset", 429, busy(46_000), limited, resets, NOW)
    for code in ["enforced_spend_limit_reached", "contract_spend_limit_reached"]:
        body = anthropic_error("rate_limit_error", "The spend limit has been reached.", error_code=code)
        error(code.replace("_", "-"), 429, closed("credit"), body, final)
        error(f"{code.replace('_', '-')}-bare", 429, closed("credit"), body)
    ramp = anthropic_error("rate_limit_error", "Usage grows too fast.", error_code="ramp_limit_exceeded")
    error("ramp-limit", 429, busy(15_000), ramp, {"retry-after": "15"} | again)

    error("api-error", 500, BROKEN, anthropic_error("api_error", "Internal server error"), again)
    error("should-not-retry", 500, REJECTED, anthropic_error("api_error", "Internal server error"), final)
    text("empty", 500, BROKEN, "", "text/plain")
    text("html", 502, BROKEN, HTML_502)
    error("unavailable", 503, OVERLOADED, anthropic_error("api_error", "Service unavailable"))
    error("timeout", 504, BROKEN, anthropic_error("timeout_error", "The model took too long to answer."))
    overloaded = anthropic_error("overloaded_error", "Overloaded")
    error("overloaded", 529, OVERLOADED, overloaded, again)
    error("overloaded-retry-after", 529, busy(12_000), overloaded, {"retry-after": "12"} | again)
    text("html", 200, BROKEN, HTML_200)
    whole = json.dumps(claude(GOOD))
    text("json-cut", 200, BROKEN, whole[: len(whole) // 2], JSON)
    # A proxy that lost the status.
    error("error-overloaded", 200, OVERLOADED, overloaded)
    error("error-rate-limit", 200, busy(), limited)


# Google Gemini.

GEMINI = "gemini-3.8-flash"


def gemini_usage(prompt, candidates, *, cached=0, thoughts=0):
    counted = {"promptTokenCount": prompt, "totalTokenCount": prompt + candidates + thoughts}
    if candidates:
        counted["candidatesTokenCount"] = candidates
    if cached:
        counted["cachedContentTokenCount"] = cached
    if thoughts:
        counted["thoughtsTokenCount"] = thoughts
    return counted


def gemini_body(candidates, tokens, feedback=None):
    body = {"candidates": candidates, "usageMetadata": tokens, "modelVersion": GEMINI, "responseId": "d2lyZQ"}
    if feedback:
        del body["candidates"]
        body["promptFeedback"] = feedback
    return validated(gemini.GenerateContentResponse, body)


def said_by_gemini(parts, finish="STOP", tokens=None, **rest):
    """`parts` is a text, a list of parts, or None for a candidate without any content."""
    parts = [{"text": parts}] if isinstance(parts, str) else parts
    content = {"role": "model"} if parts == [] else {"parts": parts, "role": "model"}
    candidate = {"content": content} if parts is not None else {}
    candidate |= {"finishReason": finish, "index": 0} | rest
    return gemini_body([candidate], tokens or gemini_usage(900, 60))


def gemini_answers():
    d, served, plain = "gemini", GEMINI, usage(900, 60)
    thought = {"text": DECOY, "thought": True}
    add("gemini-answer", d, answer("complete", GOOD, served, plain, 42), body=said_by_gemini(GOOD))
    add(
        "gemini-answer-thought",
        d,
        answer("complete", GOOD, served, usage(900, 252, reasoning=192), 42),
        body=said_by_gemini(
            [thought, {"text": GOOD, "thoughtSignature": "c2lnbmF0dXJl"}], tokens=gemini_usage(900, 60, thoughts=192)
        ),
    )
    add(
        "gemini-answer-in-parts",
        d,
        answer("complete", GOOD, served, plain, 42),
        body=said_by_gemini([{"text": GOOD[:20]}, {"text": GOOD[20:]}]),
    )
    add(
        "gemini-answer-cache-read",
        d,
        answer("complete", GOOD, served, usage(2100, 60, read=2048), 42),
        body=said_by_gemini(GOOD, tokens=gemini_usage(2100, 60, cached=2048)),
    )
    for name, finish, text, tokens, outcome in [
        ("length-behind-score", "MAX_TOKENS", GOOD[:40], 12, 42),
        ("length-in-score", "MAX_TOKENS", '{"score": 4', 4, "truncated"),
    ]:
        add(
            f"gemini-{name}",
            d,
            answer("truncated", text, served, usage(900, tokens), outcome),
            body=said_by_gemini(text, finish, gemini_usage(900, tokens)),
        )
    for name, parts in [("empty", []), ("only-thought", [thought]), ("without-content", None)]:
        add(
            f"gemini-length-{name}",
            d,
            answer("truncated", "", served, usage(900, 300, reasoning=300), "truncated"),
            body=said_by_gemini(parts, "MAX_TOKENS", gemini_usage(900, 0, thoughts=300)),
        )
    add(
        "gemini-continuation",
        d,
        answer("truncated", GOOD[:40], served, usage(900, 12), 42),
        body=said_by_gemini(GOOD[:40], "CONTINUATION", gemini_usage(900, 12), continuationToken="dG9rZW4="),
    )
    add(
        "gemini-stop-without-parts",
        d,
        answer("complete", "", served, usage(900, 0), "unreadable"),
        body=said_by_gemini([], tokens=gemini_usage(900, 0)),
    )
    for reason in ["SAFETY", "PROHIBITED_CONTENT", "RECITATION", "BLOCKLIST", "SPII", "MODEL_ARMOR", "ESCALATION"]:
        add(
            f"gemini-finish-{reason.lower().replace('_', '-')}",
            d,
            answer("blocked", "", served, usage(900, 0), "blocked"),
            body=said_by_gemini(None, reason, gemini_usage(900, 0)),
        )
    add(
        "gemini-finish-safety-partial",
        d,
        answer("blocked", '{"score": 42, "rationale": "The', served, usage(900, 9), "blocked"),
        body=said_by_gemini('{"score": 42, "rationale": "The', "SAFETY", gemini_usage(900, 9)),
    )
    add(
        "gemini-finish-account-limited",
        d,
        closed("key"),
        body=said_by_gemini(None, "PUP_LIMITED_DISABLED", gemini_usage(900, 0)),
    )
    for reason in ["SAFETY", "PROHIBITED_CONTENT", "OTHER", "BLOCKLIST"]:
        add(
            f"gemini-prompt-{reason.lower().replace('_', '-')}",
            d,
            answer("blocked", "", served, usage(900, 0), "blocked"),
            body=gemini_body(None, gemini_usage(900, 0), {"blockReason": reason}),
        )
    for name, text, outcome in READINGS:
        add(f"gemini-{name}", d, answer("complete", text, served, plain, outcome), body=said_by_gemini(text))
    add("gemini-gzip", d, answer("complete", GOOD, served, plain, 42), zipped=said_by_gemini(GOOD))
    nothing = validated(gemini.GenerateContentResponse, {"usageMetadata": gemini_usage(900, 0), "modelVersion": GEMINI})
    add("gemini-no-candidates", d, BROKEN, body=nothing)


def gemini_error(code, status, message, details=None):
    """There is no type for this body; the exception class must at least find its parts. [raw]"""
    body = {"error": {"code": code, "message": message, "status": status}}
    if details:
        body["error"]["details"] = details
    seen = gemini_errors.APIError(code, body)
    assert (seen.code, seen.status, seen.message) == (code, status, message)
    return body


def quota(*ids):
    metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
    violations = [
        {"quotaMetric": metric, "quotaId": quota_id, "quotaDimensions": {"model": GEMINI}} for quota_id in ids
    ]
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}


def retry_info(delay):
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def gemini_failures():
    d = "gemini"

    def error(name, status, expect, body, headers=None):
        add(f"gemini-{status}-{name}", d, expect, status=status, headers=headers, body=body)

    def text(name, status, expect, body, kind=HTML):
        add(f"gemini-{status}-{name}", d, expect, status=status, headers={"content-type": kind}, text=body)

    def reason(word):
        return [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": word, "domain": "googleapis.com"}]

    invalid, used_up = "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"
    over = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
    error("context", 400, REJECTED, gemini_error(400, invalid, over))
    violation = {"field": "generation_config", "description": 'Unknown name "seeds": Cannot find field.'}
    bad = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    error("unknown-field", 400, REJECTED, gemini_error(400, invalid, "Invalid JSON payload received.", bad))
    key = gemini_error(400, invalid, "API key not valid. Please pass a valid API key.", reason("API_KEY_INVALID"))
    error("key", 400, closed("key"), key)
    location = "User location is not supported for the API use."
    error("location", 400, closed("key"), gemini_error(400, "FAILED_PRECONDITION", location))
    free = "Gemini API free tier is not available in your country. Please enable billing on your project."
    error("free-tier", 400, closed("credit"), gemini_error(400, "FAILED_PRECONDITION", free))
    error(
        "unauthenticated", 401, closed("key"), gemini_error(401, "UNAUTHENTICATED", "Request had invalid credentials.")
    )
    error("prepaid", 402, closed("credit"), gemini_error(402, used_up, "Your prepaid credits are used up."))
    error(
        "permission", 403, closed("key"), gemini_error(403, "PERMISSION_DENIED", "The caller does not have permission.")
    )
    gone = "models/gemini-1.5-pro is not found for API version v1beta, or is not supported for generateContent."
    error("model", 404, closed("model"), gemini_error(404, "NOT_FOUND", gone))
    text("html", 413, REJECTED, HTML_413)

    base = "You exceeded your current quota, please check your plan and billing details."
    minute = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
    day = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
    waiting = gemini_error(429, used_up, f"{base} Please retry in 46s.", [quota(minute), retry_info("46s")])
    error("retry-info", 429, busy(46_000), waiting)
    error("retry-info-list", 429, busy(46_000), [waiting])
    error("retry-info-only", 429, busy(34_075), gemini_error(429, used_up, base, [retry_info("34.074824224s")]))
    error("retry-info-millis", 429, busy(350), gemini_error(429, used_up, base, [retry_info("0.350s")]))
    for name, words, wait in [("seconds", "46.1s", 46_100), ("minutes", "1m2.5s", 62_500), ("millis", "850ms", 850)]:
        error(f"wait-in-text-{name}", 429, busy(wait), gemini_error(429, used_up, f"{base} Please retry in {words}."))
    short = "Resource has been exhausted (e.g. check quota)."
    error("no-time", 429, busy(), gemini_error(429, used_up, short))
    error("minute-without-time", 429, busy(), gemini_error(429, used_up, base, [quota(minute)]))
    error("retry-after-2", 429, busy(2000), gemini_error(429, used_up, short), {"retry-after": "2"})
    daily = gemini_error(429, used_up, f"{base} Please retry in 46.1s.", [quota(day), retry_info("46s")])
    error("per-day", 429, closed("quota"), daily)
    error("per-day-list", 429, closed("quota"), [daily])
    error(
        "per-day-and-minute",
        429,
        closed("quota"),
        gemini_error(429, used_up, base, [quota(minute, day), retry_info("46s")]),
    )
    paid = gemini_error(429, used_up, base, [quota(day.removesuffix("-FreeTier"))])
    error("per-day-paid", 429, closed("quota"), paid)
    metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
    for name, limit, expect in [("limit-0", 0, closed("quota")), ("limit-10", 10, busy(46_000))]:
        message = (
            f"{base}\n* Quota exceeded for metric: {metric}, limit: {limit}, model: {GEMINI}\nPlease retry in 46s."
        )
        error(name, 429, expect, gemini_error(429, used_up, message, [quota(minute), retry_info("46s")]))
    error("internal", 500, BROKEN, gemini_error(500, "INTERNAL", "An internal error has occurred."))
    text("empty", 500, BROKEN, "", "text/plain")
    text("html", 502, BROKEN, HTML_502)
    error(
        "unavailable", 503, OVERLOADED, gemini_error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
    )
    error("unavailable-list", 503, OVERLOADED, [gemini_error(503, "UNAVAILABLE", "The model is overloaded.")])
    error(
        "deadline",
        504,
        BROKEN,
        gemini_error(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    )
    text("html", 200, BROKEN, HTML_200)
    whole = json.dumps(said_by_gemini(GOOD))
    text("json-cut", 200, BROKEN, whole[: len(whole) // 2], JSON)


def unzipped(fixtures):
    """For comparison: the bytes of a gzip stream may differ between builds of zlib, what it holds may not."""
    for fixture in fixtures:
        if "gzip_base64" in fixture:
            fixture = dict(fixture, gzip_base64=gzip.decompress(base64.b64decode(fixture["gzip_base64"])).decode())
        yield fixture


def main():
    parser = argparse.ArgumentParser(description="Write, or check, responses.json.")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if it differs")
    check = parser.parse_args().check

    chat_answers()
    chat_dialects()
    openai_errors("openai")
    chat_server_errors()
    responses_answers()
    openai_errors("openai-responses")
    anthropic_answers()
    anthropic_errors()
    gemini_answers()
    gemini_failures()

    counts = {}
    for fixture in FIXTURES:
        counts[fixture["dialect"]] = counts.get(fixture["dialect"], 0) + 1
    print(len(FIXTURES), "fixtures:", ", ".join(f"{count} {dialect}" for dialect, count in counts.items()))
    if check:
        kept = json.loads(OUT.read_text(encoding="ascii"))
        if list(unzipped(kept)) != list(unzipped(FIXTURES)):
            sys.exit("responses.json is not what this script makes; run it without --check")
        return
    OUT.write_text(json.dumps(FIXTURES, indent=1, ensure_ascii=True) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
