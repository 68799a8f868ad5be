# SPDX-License-Identifier: MIT
"""Continuing token by token, with the blocks' states kept: mamba_ssm.utils.generation on a CPU."""

from collections import namedtuple
from dataclasses import dataclass, field

import torch

from ._arrays import refuse


@dataclass
class InferenceParams:
    """Where in a sequence its blocks are, and their states by layer."""

    max_seqlen: int
    max_batch_size: int
    seqlen_offset: int = 0
    batch_size_offset: int = 0
    key_value_memory_dict: dict = field(default_factory=dict)
    lengths_per_sample: torch.Tensor | None = None

    def reset(self, max_seqlen, max_batch_size):
        self.max_seqlen, self.max_batch_size, self.seqlen_offset = max_seqlen, max_batch_size, 0
        if self.lengths_per_sample is not None:
            self.lengths_per_sample.zero_()


Generated = namedtuple("Generated", ["sequences", "scores"])


def sample(logits, top_k=1, top_p=0.0, min_p=0.0, temperature=1.0):
    """A token for each row of logits, (batch, vocabulary).

    Parameters
    ----------
    top_k : int
        1: the likeliest; else one of the k likeliest, 0: of all.
    top_p : float
        Of these only the likeliest that together have this probability; 0: all.
    min_p : float
        Of these only those at least this times as likely as the likeliest.
    temperature : float
    """
    if top_k == 1:
        return logits.argmax(dim=-1)
    count = min(top_k, logits.shape[-1]) if top_k > 0 else logits.shape[-1]
    values, tokens = logits.topk(count, dim=-1)
    p = torch.softmax(values / temperature, dim=-1)
    if top_p > 0:
        p = p.masked_fill(p.cumsum(-1) - p >= top_p, 0)
    if min_p > 0:
        p = p.masked_fill(p < min_p * p[:, :1], 0)
    return tokens.gather(1, torch.multinomial(p, 1)).squeeze(1)


def penalise(logits, tokens, penalty):
    """Logits of tokens that have been there, less likely: divided by the penalty, below 0 multiplied."""
    score = logits.gather(1, tokens)
    return logits.scatter(1, tokens, torch.where(score < 0, score * penalty, score / penalty))


@torch.no_grad()
def decode(
    input_ids,
    model,
    max_length,
    top_k=1,
    top_p=0.0,
    min_p=0.0,
    temperature=1.0,
    repetition_penalty=1.0,
    eos_token_id=None,
    teacher_outputs=None,
    vocab_size=None,
    cg=False,
    enable_timing=False,
    output_scores=False,
    streamer=None,
):
    """Continue sequences to max_length tokens, or to where all of them end.

    Parameters
    ----------
    input_ids : Tensor of int, (batch, steps)
    top_k, top_p, min_p, temperature : as in sample
    repetition_penalty : float
    eos_token_id : int, optional
    teacher_outputs : Tensor of int, (batch, steps), optional
        Taken in place of draws, as far as it goes.
    vocab_size : int, optional
        Only this many of the logits are tokens.
    cg : ignored, there is no CUDA graph
    streamer : optional
        Gets put(tokens) of each step, and end().

    Returns
    -------
    sequences : Tensor of int, (batch, up to max_length); scores : tuple of (batch, vocabulary), or None

    Raises
    ------
    krait.InputError
        enable_timing is given.
    """
    refuse("decode", enable_timing=enable_timing)
    state = InferenceParams(max_seqlen=max_length, max_batch_size=input_ids.shape[0])
    whole, new, scores = input_ids, input_ids, []
    if streamer is not None:
        streamer.put(whole)
    while whole.shape[1] < max_length:
        logits = model(new, inference_params=state, num_last_tokens=1).logits[:, -1, :vocab_size]
        scores.append(logits.clone())
        state.seqlen_offset = whole.shape[1]
        if repetition_penalty != 1.0:
            logits = penalise(logits, whole, repetition_penalty)
        if teacher_outputs is not None and teacher_outputs.shape[1] > whole.shape[1]:
            token = teacher_outputs[:, whole.shape[1]]
        else:
            token = sample(logits, top_k, top_p, min_p, temperature)
        new = token.unsqueeze(1)
        whole = torch.cat([whole, new], dim=1)
        if streamer is not None:
            streamer.put(new)
        if eos_token_id is not None and (new == eos_token_id).all():
            break
    if streamer is not None:
        streamer.end()
    return Generated(whole, tuple(scores) if output_scores else None)


class GenerationMixin:
    """generate() for a model whose forward takes inference_params and num_last_tokens."""

    def allocate_inference_cache(self, batch_size, max_seqlen, dtype=None, **kwargs):
        raise NotImplementedError

    def generate(
        self,
        input_ids,
        max_length,
        top_k=1,
        top_p=0.0,
        min_p=0.0,
        temperature=1.0,
        return_dict_in_generate=False,
        output_scores=False,
        **kwargs,
    ):
        """decode(); its sequences alone unless return_dict_in_generate."""
        made = decode(
            input_ids,
            self,
            max_length,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            temperature=temperature,
            output_scores=output_scores,
            **kwargs,
        )
        return made if return_dict_in_generate else made.sequences
