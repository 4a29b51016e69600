"""The official SDK under asyncio, 64 in flight: prints CPU microseconds per call, calls a second, peak MB."""

import asyncio
import resource
import sys
import time

import openai

RUBRIC = open(__file__.replace("benches/http/openai_sdk.py", "prompts/exposure/system.md")).read()
SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer"}, "rationale": {"type": "string"}},
    "required": ["score", "rationale"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "rating", "strict": True, "schema": SCHEMA}}


async def run(base_url, count):
    client = openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0)
    window = asyncio.Semaphore(64)

    async def ask(number):
        async with window:
            reply = await client.chat.completions.create(
                model="m",
                max_tokens=400,
                response_format=FORMAT,
                messages=[
                    {"role": "system", "content": RUBRIC},
                    {"role": "user", "content": f"Check the records of case {number} for errors and correct them."},
                ],
            )
            return len(reply.choices[0].message.content)

    lengths = await asyncio.gather(*(ask(number) for number in range(count)))
    assert all(lengths)


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


count = int(sys.argv[2])
before, start = cpu(), time.monotonic()
asyncio.run(run(sys.argv[1], count))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{(cpu() - before) * 1e6 / count:.3f} {count / (time.monotonic() - start):.1f} {peak:.1f}")
