#!/usr/bin/env python3
"""Validates the request bodies that our Rust code makes, by the official SDKs.

requests.json is an array of {name, dialect, method, path, headers, body, server?, extra_ok?}. Each must

- fit the SDK's request type for its dialect in every value, with no key that the type does not know;
- come out the same when the SDK's own client sends it: same path, same JSON;
- carry a schema for the answer that the SDK's own transformation would leave as it is;
- keep the rules at the end of this file, which no type can express.

`server` names a server that is not the dialect's own; `extra_ok` lists the keys it may get beyond the
dialect's type: `top_k` for the top level, `response_format.schema` or `messages.*.name` for deeper ones.
For server "mistral" the type is that of Mistral's SDK.

    python check_requests.py [FILE]      one line per request; exit 1 on any error
    python check_requests.py --self-test
"""

import sys

sys.dont_write_bytecode = True

import collections.abc
import copy
import json
import pathlib
import re
import types
import typing
import warnings

import loopback

import anthropic
import openai
import pydantic
import typing_extensions
from anthropic._constants import ANTHROPIC_API_VERSION
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from google import genai
from google.genai import types as gemini
from mistralai.client.models import ChatCompletionRequest as MistralRequest
from openai.lib._pydantic import _ensure_strict_json_schema
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

HERE = pathlib.Path(__file__).parent

# A walker over the SDKs' TypedDicts. pydantic alone would not do: it takes unknown keys of a TypedDict
# without a word, and looks into an Iterable only when somebody iterates. Leaves are pydantic's, strict.


def leaf(kind, value, path):
    try:
        adapter = pydantic.TypeAdapter(kind, config=pydantic.ConfigDict(arbitrary_types_allowed=True))
    except pydantic.errors.PydanticUserError:  # it has a config of its own
        adapter = pydantic.TypeAdapter(kind)
    try:
        adapter.validate_python(value, strict=True)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        return [f"{path}: {first['msg']}, not {json.dumps(value)[:60]}"]
    return []


REQUIRED = (typing.Required, typing_extensions.Required)
OPTIONAL = (typing.NotRequired, typing_extensions.NotRequired)


def bare(kind):
    """A type without its aliases and wrappers, and what they said: the marks, and the metadata."""
    marks, metadata = [], []
    while True:
        if hasattr(kind, "__value__"):
            kind = kind.__value__
        elif hasattr(kind, "__metadata__"):
            metadata += kind.__metadata__
            kind = typing.get_args(kind)[0]
        elif typing.get_origin(kind) in REQUIRED + OPTIONAL:
            marks.append(typing.get_origin(kind))
            kind = typing.get_args(kind)[0]
        else:
            return kind, marks, metadata


def wire_keys(kind):
    """The keys of a TypedDict as they go over the wire, with their types and whether they are required.

    `__required_keys__` alone does not do: where annotations are text, it has not seen the marks.
    """
    for key, hint in typing_extensions.get_type_hints(kind, include_extras=True).items():
        inner, marks, metadata = bare(hint)
        alias = next((entry.alias for entry in metadata if getattr(entry, "alias", None)), None)
        required = any(mark in REQUIRED for mark in marks) or (key in kind.__required_keys__ and not marks)
        yield alias or key, inner, required


def typed_dict(kind, value, path):
    if not isinstance(value, dict):
        return [f"{path}: must be an object"]
    known = {wire: inner for wire, inner, _ in wire_keys(kind)}
    problems = [f"{path}.{key}: is not known to {kind.__name__}" for key in value if key not in known]
    problems += [
        f"{path}.{wire}: is required" for wire, _, required in wire_keys(kind) if required and wire not in value
    ]
    for key in value:
        if key in known:
            problems += walk(known[key], value[key], f"{path}.{key}")
    return problems


LISTS = (list, collections.abc.Iterable, collections.abc.Sequence)


def distance(kind, value):
    """How far a value is from a member of a union, by its JSON type and its tags."""
    kind, _, _ = bare(kind)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return min(distance(member, value) for member in typing.get_args(kind))
    if isinstance(value, list):
        return 0 if origin in LISTS else 9
    if not isinstance(value, dict):
        return 9 if origin in LISTS or typing_extensions.is_typeddict(kind) else 0
    if not typing_extensions.is_typeddict(kind):
        return 9
    tags = [(wire, inner) for wire, inner, _ in wire_keys(kind) if typing.get_origin(inner) is typing.Literal]
    return -sum(value.get(wire) in typing.get_args(inner) for wire, inner in tags if wire in value)


def union(members, value, path):
    found = []
    for member in members:
        problems = walk(member, value, path)
        if not problems:
            return []
        found.append((distance(member, value), len(problems), problems))
    return min(found, key=lambda entry: entry[:2])[2]


def walk(kind, value, path="body"):
    """What is wrong with a value; [] if nothing."""
    kind, _, _ = bare(kind)
    if kind in (object, typing.Any):
        return []
    if typing_extensions.is_typeddict(kind):
        return typed_dict(kind, value, path)
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return union(args, value, path)
    if origin is typing.Literal:
        if not any(value == arg and type(value) is type(arg) for arg in args):
            return [f"{path}: {json.dumps(value)[:60]} is none of {', '.join(map(str, args))}"]
        return []
    if origin in LISTS:
        if not isinstance(value, list):
            return [f"{path}: must be an array"]
        return [problem for index, item in enumerate(value) for problem in walk(args[0], item, f"{path}.{index}")]
    if origin in (dict, collections.abc.Mapping):
        if not isinstance(value, dict):
            return [f"{path}: must be an object"]
        return [problem for key, item in value.items() for problem in walk(args[1], item, f"{path}.{key}")]
    return leaf(kind, value, path)


# Types that are pydantic models: what they do not give back as it was, they did not know.


def difference(ours, theirs, path="body"):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours.keys() | theirs.keys():
            if key not in theirs:
                yield f"{path}.{key}: is not known to the SDK"
            elif key not in ours:
                yield f"{path}.{key}: the SDK adds {json.dumps(theirs[key])[:60]}"
            else:
                yield from difference(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            yield from difference(our, their, f"{path}.{index}")
    elif ours != theirs or (type(ours) is not type(theirs) and bool in (type(ours), type(theirs))):
        yield f"{path}: is {json.dumps(ours)[:60]}, and {json.dumps(theirs)[:60]} by the SDK"


def by_model(model, value, path):
    try:
        # Strict as to JSON: no "42" for 42, but words for enumerations.
        parsed = model.model_validate_json(json.dumps(value), strict=True)
    except (pydantic.ValidationError, Warning) as error:
        if not isinstance(error, pydantic.ValidationError):
            return [f"{path}: {error}"]
        return [f"{path}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return list(difference(value, parsed.model_dump(mode="json", by_alias=True, exclude_unset=True), path))


GEMINI_PARTS = {
    "contents": (gemini.Content, True),
    "systemInstruction": (gemini.Content, False),
    "generationConfig": (gemini.GenerationConfig, False),
    "safetySettings": (gemini.SafetySetting, True),
}
GEMINI_WORDS = {"serviceTier": gemini.ServiceTier, "cachedContent": str, "store": bool}


def gemini_problems(body):
    problems = [
        f"body.{key}: is not known to generateContent" for key in body if key not in GEMINI_PARTS | GEMINI_WORDS
    ]
    if not body.get("contents"):
        problems.append("body.contents: is required")
    for key, (model, several) in GEMINI_PARTS.items():
        if key not in body:
            continue
        if several and not isinstance(body[key], list):
            problems.append(f"body.{key}: must be an array")
            continue
        for index, item in enumerate(body[key] if several else [body[key]]):
            problems += by_model(model, item, f"body.{key}.{index}" if several else f"body.{key}")
    for key, kind in GEMINI_WORDS.items():
        if key in body and kind is gemini.ServiceTier:
            if body[key] not in [tier.value for tier in kind]:
                problems.append(f"body.{key}: {body[key]!r} is no service tier")
        elif key in body:
            problems += leaf(kind, body[key], f"body.{key}")
    for index, item in enumerate(body.get("contents", [])):
        if isinstance(item, dict) and item.get("role", "user") not in ("user", "model"):
            problems.append(f"body.contents.{index}.role: must be user or model")
    return problems


OWN_TYPES = {
    "openai": CompletionCreateParamsNonStreaming,
    "openai-responses": ResponseCreateParamsNonStreaming,
    "anthropic": MessageCreateParamsNonStreaming,
}


def type_problems(request):
    body, dialect = request["body"], request["dialect"]
    if dialect == "gemini":
        return gemini_problems(body)
    if dialect == "openai" and request.get("server") == "mistral":
        return by_model(MistralRequest, body, "body")
    problems = walk(OWN_TYPES[dialect], body)
    if dialect == "openai-responses":  # the type leaves both open, for prompts that are stored
        problems += [f"body.{key}: is required" for key in ("model", "input") if key not in body]
    return problems


def without_allowed(problems, allowed):
    """Drops what `extra_ok` allows, and nothing but unknown keys."""
    patterns = [re.compile(r"body\." + re.escape(path).replace(r"\*", r"\d+") + ": is not known ") for path in allowed]
    return [problem for problem in problems if not any(pattern.match(problem) for pattern in patterns)]


# The same body through the SDK's client.

SUFFIX = {"openai": "/chat/completions", "openai-responses": "/responses", "anthropic": "/v1/messages"}
GEMINI_PATH = re.compile(r"(?P<base>.*)/(?P<version>v1|v1beta|v1alpha)/models/(?P<model>[^/:?]+):generateContent")
REPLIES = {
    "openai": {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": []},
    "openai-responses": {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": []},
    "anthropic": {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": "end_turn",
    },
    "gemini": {"candidates": []},
}


def send(request, url):
    """Has the SDK's client of the dialect send the body."""
    body, dialect, path = copy.deepcopy(request["body"]), request["dialect"], request["path"]
    if dialect == "gemini":
        parts = GEMINI_PATH.fullmatch(path)
        options = gemini.HttpOptions(base_url=url + parts["base"], api_version=parts["version"])
        config = {"automatic_continuation": False}
        names = {field.alias or name: name for name, field in gemini.GenerateContentConfig.model_fields.items()}
        sections = {key: body[key] for key in ("systemInstruction", "safetySettings", *GEMINI_WORDS) if key in body}
        for key, value in (body.get("generationConfig", {}) | sections).items():
            config[names[key]] = value
        with genai.Client(api_key="k", http_options=options) as client:
            client.models.generate_content(model=parts["model"], contents=body["contents"], config=config)
        return
    base = url + path.removesuffix(SUFFIX[dialect])
    known = {wire for wire, _, _ in wire_keys(OWN_TYPES[dialect])} - {"stream"}
    extra = {key: body.pop(key) for key in list(body) if key not in known}
    if dialect == "anthropic":
        with anthropic.Anthropic(api_key="k", base_url=base, max_retries=0, timeout=60) as client:
            client.messages.create(**body, extra_body=extra)
        return
    with openai.OpenAI(api_key="k", base_url=base, max_retries=0) as client:
        interface = client.responses if dialect == "openai-responses" else client.chat.completions
        interface.create(**body, extra_body=extra)


def camel(value):
    """google-genai writes some inner keys in snake_case, which the API takes too. Schemas stay as they are."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = {key: re.sub(r"_([a-z])", lambda found: found[1].upper(), key) for key in value}
    return {names[key]: item if names[key] == "responseJsonSchema" else camel(item) for key, item in value.items()}


def replay_problems(request, server):
    server.answers(200, {"content-type": "application/json"}, json.dumps(REPLIES[request["dialect"]]).encode())
    try:
        send(request, server.url)
    except Exception as error:  # whatever the SDK finds wrong with it
        return [f"the SDK does not send it: {type(error).__name__}: {str(error)[:200]}"]
    path, _, sent = server.seen[0]
    sent = camel(json.loads(sent)) if request["dialect"] == "gemini" else json.loads(sent)
    problems = list(difference(request["body"], sent))
    if path != request["path"]:
        problems.append(f"path: is {request['path']}, and {path} by the SDK")
    return problems


# The schema of the answer.


def schema_of(request):
    """The schema and whether it is binding, wherever the dialect has it."""
    body, dialect = request["body"], request["dialect"]
    if dialect == "openai":
        form = body.get("response_format", {}).get("json_schema", {})
        return form.get("schema"), form.get("strict"), form.get("name")
    if dialect == "openai-responses":
        form = body.get("text", {}).get("format", {})
        return form.get("schema"), form.get("strict"), form.get("name")
    if dialect == "anthropic":
        return body.get("output_config", {}).get("format", {}).get("schema"), True, None
    return body.get("generationConfig", {}).get("responseJsonSchema"), True, None


# By the description of `response_json_schema` in google-genai.
GEMINI_SCHEMA_KEYS = set(
    "$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum"
    " anyOf oneOf properties additionalProperties required propertyOrdering".split()
)


def subschemas(schema):
    yield schema
    for key in ("properties", "$defs"):
        for inner in schema.get(key, {}).values():
            yield from subschemas(inner)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for inner in schema.get(key, []):
            yield from subschemas(inner)
    if isinstance(schema.get("items"), dict):
        yield from subschemas(schema["items"])


def schema_problems(request):
    schema, strict, name = schema_of(request)
    problems = []
    if name is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        problems.append(f"the schema's name {name!r} is not made of letters, digits, _ and -, at most 64")
    if schema is None or not strict or request.get("server"):
        return problems
    if request["dialect"] == "gemini":
        unknown = {key for inner in subschemas(schema) for key in inner} - GEMINI_SCHEMA_KEYS
        return problems + [f"schema: {key} is not known to Gemini" for key in sorted(unknown)]
    if request["dialect"] == "anthropic":
        plain = copy.deepcopy(schema)
        for inner in subschemas(plain):
            if "enum" in inner or "const" in inner:
                inner.pop("type", None)  # the SDK leaves it out beside an enumeration; it says nothing more
        return problems + list(difference(plain, anthropic.transform_schema(copy.deepcopy(schema)), "schema"))
    strictly = _ensure_strict_json_schema(copy.deepcopy(schema), path=(), root=copy.deepcopy(schema))
    return problems + list(difference(schema, strictly, "schema"))


# What no type says.


def envelope_problems(request):
    known = {"name", "dialect", "method", "path", "headers", "body", "server", "extra_ok"}
    problems = [f"{key}: is not known to this script" for key in request if key not in known]
    if request["method"] != "POST":
        problems.append("method: must be POST")
    path, dialect = request["path"], request["dialect"]
    if not (GEMINI_PATH.fullmatch(path) if dialect == "gemini" else path.endswith(SUFFIX[dialect])):
        problems.append(f"path: {path} is no path of {dialect}")
    headers = {name.lower(): value for name, value in request["headers"].items()}
    if headers.get("content-type", "application/json").split(";")[0] != "application/json":
        problems.append("headers: the content-type must be application/json")
    allowed = {
        "openai": {"authorization", "api-key"},
        "openai-responses": {"authorization", "api-key"},
        "anthropic": {"authorization", "x-api-key"},
        "gemini": {"x-goog-api-key"},
    }[dialect]
    keys = {"authorization", "api-key", "x-api-key", "x-goog-api-key"} & headers.keys()
    problems += [f"headers: {name} is not for {dialect}" for name in sorted(keys - allowed)]
    if len(keys & allowed) > 1:
        problems.append(f"headers: {' and '.join(sorted(keys))} at once")
    if "authorization" in keys and not headers["authorization"].startswith("Bearer "):
        problems.append("headers: authorization must begin with `Bearer `")
    if dialect == "anthropic" and headers.get("anthropic-version") not in (ANTHROPIC_API_VERSION, "2023-06-01"):
        problems.append(f"headers: anthropic-version must be {ANTHROPIC_API_VERSION} or 2023-06-01")
    return problems


def rule_problems(request):
    body, dialect, problems = request["body"], request["dialect"], []
    if dialect == "openai" and {"max_tokens", "max_completion_tokens"} <= body.keys():
        problems.append("max_tokens and max_completion_tokens at once")
    if dialect == "anthropic":
        headers = {name.lower(): value for name, value in request["headers"].items()}
        sampling = {"temperature", "top_p", "top_k"} & body.keys()
        if sampling and headers.get("anthropic-version") != "2023-06-01":
            problems.append(f"{', '.join(sorted(sampling))}: gone since version 2026-10-21")
        thinking = body.get("thinking", {})
        if thinking.get("type") == "enabled" and not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
            problems.append("thinking.budget_tokens: must be at least 1024 and less than max_tokens")
        if body["messages"][-1]["role"] == "assistant":
            problems.append("messages: the last one must not be the assistant's")
    if dialect == "gemini":
        form = body.get("generationConfig", {})
        schemas = {"responseSchema", "responseJsonSchema"} & form.keys()
        if len(schemas) > 1:
            problems.append("responseSchema and responseJsonSchema at once")
        if schemas and form.get("responseMimeType") != "application/json":
            problems.append("a schema needs responseMimeType application/json")
    return problems


def check(request, server):
    if request["dialect"] not in SUFFIX and request["dialect"] != "gemini":
        return [f"dialect: {request['dialect']} is unknown"]
    problems = envelope_problems(request)
    problems += without_allowed(type_problems(request), request.get("extra_ok", []))
    # The rest takes the shape for granted.
    if not problems:
        problems = schema_problems(request) + rule_problems(request)
    if not problems and not (request["dialect"] == "openai" and request.get("server") == "mistral"):
        problems = replay_problems(request, server)
    return problems


def once(pairs):
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError(f"an object has {sorted(twice)} more than once")
    return dict(pairs)


def report(requests, server):
    bad = 0
    for request in requests:
        problems = check(request, server)
        bad += bool(problems)
        print(f"{'BAD' if problems else 'ok '} {request['dialect']:16} {request['name']}", "; ".join(problems[:5]))
    return bad


# The self-test: good bodies, and for each the ways of spoiling it that must be found.

SCHEMA = {
    "type": "object",
    "properties": {
        "score": {"type": "integer", "description": "A whole number from 0 to 100."},
        "level": {"type": "string", "enum": ["low", "high"]},
        "rationale": {"type": "string"},
    },
    "required": ["score", "level", "rationale"],
    "additionalProperties": False,
}
UNBOUND = {key: value for key, value in SCHEMA.items() if key != "additionalProperties"}
MAXIMUM = SCHEMA | {"properties": SCHEMA["properties"] | {"score": {"type": "integer", "maximum": 100}}}


def request(name, dialect, path, body, headers, **rest):
    headers = {"content-type": "application/json"} | headers
    return {"name": name, "dialect": dialect, "method": "POST", "path": path, "headers": headers, "body": body} | rest


def samples():
    bearer = {"authorization": "Bearer k"}
    chat = {
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "Rate."}, {"role": "user", "content": "A task."}],
        "temperature": 0,
        "seed": 7,
        "max_tokens": 300,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "task_score", "strict": True, "schema": SCHEMA},
        },
    }
    yield request("chat", "openai", "/v1/chat/completions", chat, bearer)
    vllm = chat | {"structured_outputs": {"json": SCHEMA}, "top_k": 1}
    yield request(
        "vllm", "openai", "/v1/chat/completions", vllm, {}, server="vllm", extra_ok=["structured_outputs", "top_k"]
    )
    local = chat | {"response_format": {"type": "json_object", "schema": SCHEMA}}
    yield request(
        "llama",
        "openai",
        "/v1/chat/completions",
        local,
        {},
        server="llama-cpp-python",
        extra_ok=["response_format.schema"],
    )
    mistral = {key: value for key, value in chat.items() if key != "seed"} | {"random_seed": 7}
    yield request("mistral", "openai", "/v1/chat/completions", mistral, bearer, server="mistral")
    azure = {key: value for key, value in chat.items() if key not in ("temperature", "seed", "max_tokens")}
    azure |= {"max_completion_tokens": 2000, "reasoning_effort": "low", "verbosity": "low"}
    yield request("azure", "openai", "/openai/v1/chat/completions", azure, {"api-key": "k"})
    responses = {
        "model": "gpt-6-luna",
        "instructions": "Rate.",
        "input": "A task.",
        "max_output_tokens": 2000,
        "reasoning": {"effort": "low"},
        "text": {
            "format": {"type": "json_schema", "name": "task_score", "strict": True, "schema": SCHEMA},
            "verbosity": "low",
        },
        "store": False,
    }
    yield request("responses", "openai-responses", "/v1/responses", responses, bearer)
    items = responses | {"input": [{"role": "user", "content": [{"type": "input_text", "text": "A task."}]}]}
    yield request("responses-items", "openai-responses", "/v1/responses", items, bearer)
    claude = {
        "model": "claude-sonnet-4-6",
        "max_tokens": 2000,
        "system": [{"type": "text", "text": "Rate.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "messages": [{"role": "user", "content": "A task."}],
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
        "thinking": {"type": "disabled"},
        "service_tier": "standard_only",
    }
    version = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
    yield request("claude", "anthropic", "/v1/messages", claude, version)
    older = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    yield request(
        "claude-older", "anthropic", "/v1/messages", claude | {"temperature": 0.0}, older, extra_ok=["temperature"]
    )
    google = {
        "systemInstruction": {"parts": [{"text": "Rate."}]},
        "contents": [{"role": "user", "parts": [{"text": "A task."}]}],
        "generationConfig": {
            "temperature": 0.0,
            "seed": 7,
            "maxOutputTokens": 400,
            "responseMimeType": "application/json",
            "responseJsonSchema": SCHEMA,
            "thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": False},
        },
        "serviceTier": "flex",
    }
    path = "/v1beta/models/gemini-3.8-flash:generateContent"
    yield request("gemini", "gemini", path, google, {"x-goog-api-key": "k"})


# Sample, path into it, new value (GONE takes it out), a word that the complaint must have.
GONE = object()
SPOILED = [
    ("chat", "body.seeds", 7, "seeds"),
    ("chat", "body.model", GONE, "required"),
    ("chat", "body.messages", GONE, "required"),
    ("chat", "body.messages.1.content", 42, "content"),
    ("chat", "body.messages.1.role", "person", "role"),
    ("chat", "body.messages.1.weight", 1, "weight"),
    ("chat", "body.messages.0", "Rate.", "messages.0"),
    ("chat", "body.temperature", "0", "temperature"),
    ("chat", "body.max_tokens", 300.5, "max_tokens"),
    ("chat", "body.max_tokens", True, "max_tokens"),
    ("chat", "body.max_completion_tokens", 300, "at once"),
    ("chat", "body.stream", True, "stream"),
    ("chat", "body.reasoning_effort", "little", "reasoning_effort"),
    ("chat", "body.response_format.type", "json", "type"),
    ("chat", "body.response_format.strict", True, "strict"),
    ("chat", "body.response_format.json_schema.schema", UNBOUND, "additionalProperties"),
    ("chat", "body.response_format.json_schema.schema.required", ["score"], "required"),
    ("chat", "body.response_format.json_schema.name", "task score", "name"),
    ("chat", "body.response_format.json_schema.name", GONE, "required"),
    ("chat", "path", "/v1/completions", "path"),
    ("chat", "method", "GET", "method"),
    ("chat", "headers.authorization", "k", "Bearer"),
    ("chat", "headers.x-api-key", "k", "x-api-key"),
    ("chat", "headers.api-key", "k", "at once"),
    ("chat", "headers.content-type", "text/plain", "content-type"),
    ("chat", "dialect", "cohere", "unknown"),
    ("chat", "sever", "vllm", "sever"),
    ("vllm", "extra_ok", ["top_k"], "structured_outputs"),
    ("vllm", "body.temperature", "0", "temperature"),
    ("llama", "extra_ok", [], "schema"),
    ("llama", "extra_ok", ["schema"], "schema"),
    ("mistral", "body.seed", 7, "seed"),
    ("mistral", "body.max_completion_tokens", 7, "max_completion_tokens"),
    ("mistral", "body.store", False, "store"),
    ("mistral", "body.response_format.json_schema.strickt", True, "strickt"),
    ("mistral", "body.max_tokens", "300", "max_tokens"),
    ("azure", "body.verbosity", "none", "verbosity"),
    ("responses", "body.seed", 7, "seed"),
    ("responses", "body.input", GONE, "required"),
    ("responses", "body.model", GONE, "required"),
    ("responses", "body.response_format", {"type": "text"}, "response_format"),
    ("responses", "body.text.format.json_schema", SCHEMA, "json_schema"),
    ("responses", "body.text.format.name", GONE, "required"),
    ("responses", "body.reasoning.effort", "tiny", "effort"),
    ("responses", "body.max_tokens", 300, "max_tokens"),
    ("responses", "path", "/v1/response", "path"),
    ("responses-items", "body.input.0.content.0.type", "text", "input.0"),
    ("claude", "body.max_tokens", GONE, "required"),
    ("claude", "body.temperature", 0.0, "temperature"),
    ("claude", "body.seed", 7, "seed"),
    ("claude", "body.messages.0.role", "tool", "role"),
    ("claude", "body.messages.0.role", "assistant", "assistant"),
    ("claude", "body.system.0.cache_control.ttl", "2h", "ttl"),
    ("claude", "body.system.0.txt", "x", "txt"),
    ("claude", "body.output_config.effort", "none", "effort"),
    ("claude", "body.output_config.format.name", "task_score", "name"),
    ("claude", "body.output_config.format.schema", UNBOUND, "additionalProperties"),
    ("claude", "body.output_config.format.schema", MAXIMUM, "maximum"),
    ("claude", "body.thinking.budget_tokens", 2000, "budget_tokens"),
    ("claude", "body.thinking", {"type": "enabled", "budget_tokens": 2000}, "budget_tokens"),
    ("claude", "headers.anthropic-version", GONE, "anthropic-version"),
    ("claude", "headers.authorization", "Bearer k", "at once"),
    ("claude-older", "headers.anthropic-version", "2026-10-21", "gone since"),
    ("claude-older", "extra_ok", [], "temperature"),
    ("gemini", "body.contents", GONE, "required"),
    ("gemini", "body.model", "gemini-3.8-flash", "model"),
    ("gemini", "body.contents.0.role", "assistant", "role"),
    ("gemini", "body.contents.0.parts.0.txt", "x", "txt"),
    ("gemini", "body.contents.0.parts.0.text", 42, "text"),
    ("gemini", "body.generationConfig.max_output_tokens", 400, "max"),
    ("gemini", "body.generationConfig.maxTokens", 400, "maxTokens"),
    ("gemini", "body.generationConfig.seed", "7", "seed"),
    ("gemini", "body.generationConfig.thinkingConfig.thinkingLevel", "TINY", "TINY"),
    ("gemini", "body.generationConfig.thinkingConfig.thinkingLevel", "low", "LOW"),
    ("gemini", "body.generationConfig.thinkingConfig.thinking_level", "LOW", "thinking"),
    ("gemini", "body.generationConfig.responseMimeType", GONE, "responseMimeType"),
    ("gemini", "body.generationConfig.responseSchema", {"type": "OBJECT"}, "at once"),
    ("gemini", "body.generationConfig.responseJsonSchema.not", {}, "not"),
    ("gemini", "body.generationConfig.systemInstruction", {"parts": []}, "systemInstruction"),
    ("gemini", "body.serviceTier", "cheap", "serviceTier"),
    ("gemini", "path", "/v1beta/models/gemini-3.8-flash", "path"),
    ("gemini", "headers.authorization", "Bearer k", "authorization"),
]


def spoiled(good, path, value):
    bad = copy.deepcopy(good)
    *parents, last = path.split(".")
    target = bad
    for key in parents:
        target = target[int(key)] if isinstance(target, list) else target[key]
    if isinstance(target, list):
        target[int(last)] = value
    elif value is GONE:
        del target[last]
    else:
        target[last] = copy.deepcopy(value)
    return bad


def self_test(server):
    good = {sample["name"]: sample for sample in samples()}
    failures = report(good.values(), server)
    for name, path, value, word in SPOILED:
        problems = check(spoiled(good[name], path, value), server)
        what = f"{name}: {path} = {'nothing' if value is GONE else json.dumps(value)[:50]}"
        if not any(word in problem for problem in problems):
            print("MISSED", what, problems)
            failures += 1
    print(f"{len(good)} good and {len(SPOILED)} bad bodies, {failures} judged wrongly")
    return failures


def main(arguments):
    warnings.simplefilter("error", UserWarning)  # google-genai only warns of a word that its enumeration lacks
    with loopback.Loopback() as server:
        if arguments == ["--self-test"]:
            return self_test(server)
        path = pathlib.Path(arguments[0]) if arguments else HERE / "requests.json"
        if not path.exists():
            print(f"there is no {path.name}; the Rust tests write it")
            return 1
        requests = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=once)
        bad = report(requests, server)
        print(f"{len(requests)} requests, {bad} bad")
        return bad or not requests


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
