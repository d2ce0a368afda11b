"""The benchmarks' peer: the same network, training step and sampler in eager PyTorch.

Usage: peer.py inputs.safetensors HEAD_WIDTH
The file holds our network's first weights (`weights.*`), `images` (bytes) and `labels`. Each
request is one JSON line on standard input, {"do", "precision", "threads", "count"}, and is answered
by one line with the seconds of each of `count` training steps or sample sets. It is meant to be
fast eager PyTorch: fused AdamW, fused attention, lists of tensors instead of loops.
"""
import json
import math
import pathlib
import resource
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Fixtures"))
import networks  # noqa: E402

TYPES = {"F32": torch.float32, "U8": torch.uint8, "I64": torch.int64}
BATCH, BIAS, EMA, CLIP = 64, 3.0, 0.9999, 1.0


def load(path):
    data = bytearray(pathlib.Path(path).read_bytes())
    body = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:body]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            flat = torch.frombuffer(data[body + begin : body + end], dtype=TYPES[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"])
    return tensors


# The cosine schedule with logSNR from -10 to 10, as a line in the angle.
CLEAN = math.atan(math.exp(-5))
SPAN = math.atan(math.exp(5)) - CLEAN


def log_snr(times):
    return -2 * torch.log(torch.tan(CLEAN + times * SPAN))


def amplitudes(levels):
    return (torch.sigmoid(s * levels).sqrt().float()[:, None, None, None] for s in (1, -1))


class Model:
    def __init__(self, inputs, head, precision):
        self.images, self.labels = inputs["images"], inputs["labels"]
        self.weights = {
            name.removeprefix("weights."): tensor.clone().requires_grad_()
            for name, tensor in inputs.items()
            if name.startswith("weights.")
        }
        self.head, self.low = head, precision == "bf16"
        self.null = self.weights["class.embedding"].shape[0] - 1

    def velocity(self, noised, levels, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.low):
            return networks.uvit(
                self.weights, noised, levels.float(), labels, self.head,
                F.scaled_dot_product_attention,
            ).float()


class Training(Model):
    def __init__(self, inputs, head, precision):
        super().__init__(inputs, head, precision)
        self.leaves = list(self.weights.values())
        self.average = [leaf.detach().clone() for leaf in self.leaves]
        self.optimizer = torch.optim.AdamW(
            self.leaves, lr=2e-4, betas=(0.9, 0.99), eps=1e-12, weight_decay=0, fused=True
        )
        self.done = 0

    def batch(self):
        chosen = torch.randint(len(self.labels), (BATCH,))
        data = self.images[chosen].float() / 127.5 - 1
        data = torch.where(torch.rand(BATCH, 1, 1, 1) < 0.5, data.flip(3), data)
        dropped = torch.rand(BATCH) < 0.1
        return data, torch.where(dropped, self.null, self.labels[chosen])

    def loss(self, data, labels):
        """Simpler Diffusion (arXiv:2410.19324), equation 4."""
        times = (torch.rand((), dtype=torch.float64) + torch.arange(BATCH) / BATCH) % 1
        levels, noise = log_snr(times), torch.randn(data.shape)
        alpha, sigma = amplitudes(levels)
        slope = -4 * SPAN / torch.sin(2 * (CLEAN + times * SPAN))
        weight = -0.5 * slope * torch.sigmoid(BIAS - levels) * torch.sigmoid(levels)
        velocity = self.velocity(alpha * data + sigma * noise, levels, labels)
        error = (alpha * noise - sigma * data - velocity) ** 2
        return (weight.float()[:, None, None, None] * error).mean()

    def step(self):
        loss = self.loss(*self.batch())
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.leaves, CLIP).item()
        for group in self.optimizer.param_groups:
            group["lr"] = 2e-4 * min(1, (self.done + 1) / 100)
        self.optimizer.step()
        decay = min(EMA, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.leaves, 1 - decay)
        self.done += 1
        return loss.item()


class Sampling(Model):
    STEPS = 8

    @torch.no_grad()
    def step(self):
        """DDIM (arXiv:2010.02502), equation 12 with eta = 0, clipped to [-1, 1]."""
        labels = self.labels[:BATCH]
        x = torch.randn(self.images[:BATCH].shape)
        times = 1 - torch.arange(self.STEPS + 1, dtype=torch.float64) / self.STEPS
        levels = log_snr(times)
        for index in range(self.STEPS):
            alpha, sigma = amplitudes(levels[index : index + 1])
            velocity = self.velocity(x, levels[index].expand(BATCH), labels)
            data = (alpha * x - sigma * velocity).clamp(-1, 1)
            if index + 1 < self.STEPS:
                after, noise = amplitudes(levels[index + 1 : index + 2])
                x = after * data + noise * ((x - alpha * data) / sigma)
        return float(data.mean())


def answer(request, inputs, head, kept):
    torch.set_num_threads(request["threads"])
    kind = {"train": Training, "sample": Sampling}[request["do"]]
    key = (request["do"], request["precision"])
    if key not in kept:
        kept.clear()
        kept[key] = kind(inputs, head, request["precision"])
    seconds, processor = [], []
    for _ in range(request["count"]):
        start, used = time.perf_counter(), time.process_time()
        value = kept[key].step()
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"seconds": seconds, "cpu_seconds": processor, "value": value, "peak_mib": peak}


def main():
    torch.manual_seed(0)
    inputs, kept = load(sys.argv[1]), {}
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), inputs, int(sys.argv[2]), kept)), flush=True)


if __name__ == "__main__":
    main()
