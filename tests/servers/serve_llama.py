"""Starts llama.cpp's own server on a model, on a free loopback port.

Usage: serve_llama.py FILE

Prints its address, and ends when its standard input does: with the program that started it.
"""

import sys

import xllamacpp

SLOTS = 4
TOKENS_PER_SLOT = 8192

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.n_parallel = SLOTS
params.n_ctx = SLOTS * TOKENS_PER_SLOT
params.n_gpu_layers = 0
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
params.cache_ram_mib = 0

server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
