"""Writes a tiny language model with random weights, for a server that reads GGUF.

Usage: make_gguf.py FILE [--seed N] [--loose]

The model knows nothing, but it is a whole one: two layers of llama's architecture, a vocabulary of
single characters, bytes, numbers and common words, and a chat template. It is no use under a grammar
unless its answers end, and noise alone ends none. So two numbers of every hidden state are taken out
of the noise. One is constant and serves as a bias of the output, for which the architecture has no
place: closing quotes, braces and the end of the answer are made likely, bytes that are no text on
their own impossible. The other tells that the last token was a number, and makes a comma follow.
What is left to chance is the score, the words and how many there are.

With --loose, numbers and texts run on. Then only a grammar that keeps the score between its bounds
and the rationale below a length makes an answer.
"""

import argparse

import gguf
import numpy as np

WIDTH = 64
HEADS = 1
HIDDEN = 128
LAYERS = 2
CONTEXT = 32768

# The places in a hidden state that are not noise, and what stands there.
CONSTANT, AFTER_NUMBER = 0, 1
LEVEL = 8.0

NEVER = -30.0

WORDS = (
    "a about after all and any are as at be because before but by can check data do draft each "
    "errors few files for from half has hours if in is it keep large little made model more most much "
    "needs no not notes of on one only or other over part people person plan read records reports "
    "rest set share small some still such task than that the their then this time to tools under use "
    "well what when which who will with work write"
).split()

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

SPACE = "\u2581"  # how this kind of vocabulary writes a space


def vocabulary(loose):
    """The tokens as (text, type, bias)."""
    kind = gguf.TokenType
    tokens = [
        ("<unk>", kind.UNKNOWN, NEVER),
        ("<s>", kind.CONTROL, NEVER),
        ("<|im_start|>", kind.CONTROL, NEVER),
        ("<|im_end|>", kind.CONTROL, 8.0),
    ]
    tokens += [(f"<0x{byte:02X}>", kind.BYTE, NEVER) for byte in range(256)]
    tokens += [(chr(code), kind.NORMAL, character_bias(chr(code), loose)) for code in range(33, 127)]
    tokens += [(str(number), kind.NORMAL, 0.0) for number in range(10, 101)]
    tokens += [(SPACE, kind.NORMAL, -2.0)]
    tokens += [(SPACE + word, kind.NORMAL, 2.0) for word in WORDS]
    return tokens


def character_bias(character, loose):
    if character == '"':
        return -8.0 if loose else 4.0
    if character in "}:,":
        return 3.0
    return -2.0 if character.isdigit() else -6.0


def tensors(tokens, random, loose):
    def noise(*shape, scale=1.0):
        return (random.standard_normal(shape) * scale).astype(np.float32)

    def into_state(columns):
        weights = noise(WIDTH, columns, scale=0.25)
        weights[[CONSTANT, AFTER_NUMBER]] = 0.0  # the layers add nothing to these two
        return weights

    texts = [text for text, _, _ in tokens]
    embedding = noise(len(tokens), WIDTH)
    embedding[:, CONSTANT] = LEVEL
    embedding[:, AFTER_NUMBER] = [0.0 if loose else LEVEL * text.isdigit() for text in texts]
    yield "token_embd.weight", embedding

    level = np.ones(WIDTH, dtype=np.float32)
    blind = level.copy()
    blind[[CONSTANT, AFTER_NUMBER]] = 0.0  # nor do they see them
    for layer in range(LAYERS):
        name = f"blk.{layer}."
        yield name + "attn_norm.weight", blind
        yield name + "ffn_norm.weight", blind
        for which, scale in (("q", 0.4), ("k", 0.4), ("v", 0.125)):
            yield f"{name}attn_{which}.weight", noise(WIDTH, WIDTH, scale=scale)
        yield name + "attn_output.weight", into_state(WIDTH)
        yield name + "ffn_gate.weight", noise(HIDDEN, WIDTH, scale=0.125)
        yield name + "ffn_up.weight", noise(HIDDEN, WIDTH, scale=0.125)
        yield name + "ffn_down.weight", into_state(HIDDEN)

    yield "output_norm.weight", level
    # The last norm divides by the root of the mean square, which is about 2 in this model.
    output = noise(len(tokens), WIDTH, scale=WIDTH**-0.5)
    output[:, CONSTANT] = [bias / (LEVEL / 2) for _, _, bias in tokens]
    output[:, AFTER_NUMBER] = [10.0 / (LEVEL / 2) if text == "," else 0.0 for text in texts]
    yield "output.weight", output


def main():
    options = argparse.ArgumentParser()
    options.add_argument("file")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--loose", action="store_true")
    options = options.parse_args()
    tokens = vocabulary(options.loose)

    file = gguf.GGUFWriter(options.file, "llama")
    file.add_name("tiny random")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_block_count(LAYERS)
    file.add_feed_forward_length(HIDDEN)
    file.add_head_count(HEADS)
    file.add_head_count_kv(HEADS)
    file.add_rope_dimension_count(WIDTH // HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_vocab_size(len(tokens))
    file.add_file_type(gguf.LlamaFileType.ALL_F32)
    file.add_tokenizer_model("llama")
    file.add_tokenizer_pre("default")
    file.add_token_list([text for text, _, _ in tokens])
    file.add_token_scores([0.0] * len(tokens))
    file.add_token_types([int(kind) for _, kind, _ in tokens])
    file.add_unk_token_id(0)
    file.add_bos_token_id(1)
    file.add_eos_token_id(3)
    file.add_add_bos_token(True)
    file.add_add_space_prefix(False)
    file.add_chat_template(TEMPLATE)
    for name, values in tensors(tokens, np.random.default_rng(options.seed), options.loose):
        file.add_tensor(name, values)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


if __name__ == "__main__":
    main()
