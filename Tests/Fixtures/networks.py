"""An independent U-ViT and ViT in PyTorch, run on weights that any language can make.

Weight j of tensor i (in the order of the sorted names) is 0.3 * sin(0.7 i + 1.3 j + 0.1), so the
Swift test fills its network the same way and needs no weight file. Prints the sums and first
values of outputs and of the gradient of sum(output^2). Run with torch 2.13. The benchmarks' peer
(Tests/Benchmarks/peer) trains the same U-ViT.
"""
import functools
import itertools
import math
import sys

import torch
import torch.nn.functional as F


def fill(shapes):
    weights = {}
    for i, name in enumerate(sorted(shapes)):
        n = math.prod(shapes[name])
        j = torch.arange(n, dtype=torch.float64)
        weights[name] = (0.3 * torch.sin(0.7 * i + 1.3 * j + 0.1)).float().reshape(shapes[name])
        weights[name].requires_grad_(True)
    return weights


def wave(shape, phase):
    j = torch.arange(math.prod(shape), dtype=torch.float64)
    return torch.sin(0.37 * j + phase).float().reshape(shape)


def groups(c):
    return max(g for g in range(1, 33) if c % g == 0 and c // g >= 4)


class Net:
    def __init__(self, w, attend):
        self.w, self.attend = w, attend

    def lin(self, x, n):
        return F.linear(x, self.w[n + ".weight"], self.w[n + ".bias"])

    def gn(self, x, n):
        return F.group_norm(x, groups(x.shape[1]), self.w[n + ".weight"], self.w[n + ".bias"], 1e-6)

    def ln(self, x, n):
        return F.layer_norm(x, x.shape[-1:], self.w[n + ".weight"], self.w.get(n + ".bias"), 1e-6)

    def conv(self, x, n, stride=1):
        k = self.w[n + ".weight"].shape[-1]
        pad = k // 2 if stride == 1 else 0
        return F.conv2d(x, self.w[n + ".weight"], self.w[n + ".bias"], stride, pad)

    def attention(self, x, n, head):
        b, t, c = x.shape
        qkv = self.lin(self.ln(x, n + ".norm"), n + ".qkv").reshape(b, t, 3, c // head, head)
        q, k, v = (part.transpose(1, 2) for part in qkv.unbind(2))
        q, k = self.ln(q, n + ".query_norm"), self.ln(k, n + ".key_norm")
        a = self.attend(q, k, v)
        return self.lin(a.transpose(1, 2).reshape(b, t, c), n + ".out")

    def residual(self, x, n, emb):
        h = self.conv(F.silu(self.gn(x, n + ".norm1")), n + ".conv1")
        scale, shift = self.lin(emb, n + ".modulation").chunk(2, 1)
        h = self.gn(h, n + ".norm2") * (1 + scale[:, :, None, None]) + shift[:, :, None, None]
        return x + self.conv(F.silu(h), n + ".conv2")

    def block(self, x, n, emb, head):
        scale, shift = self.lin(emb, n + ".modulation").chunk(2, 1)
        h = F.silu(self.lin(self.ln(x, n + ".norm"), n + ".up"))
        x = x + self.lin(h * (1 + scale[:, None]) + shift[:, None], n + ".down")
        return x + self.attention(x, n + ".attention", head)

    def tokens(self, x, f):
        s = x.shape
        return f(x.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(s)


def attend(q, k, v):
    return torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), -1) @ v


def uvit(w, x, logsnr, labels, head=8, attend=attend):
    n = Net(w, attend)
    e = w["noise.0.weight"].shape[0]
    time = torch.atan(torch.exp(-logsnr / 2)) * 2000 / math.pi
    rates = torch.exp(-math.log(10000) / (e // 2) * torch.arange(e // 2))
    angles = time[:, None] * rates[None]
    emb = n.lin(F.silu(n.lin(torch.cat([angles.sin(), angles.cos()], 1), "noise.0")), "noise.1")
    emb = emb + F.embedding(labels, w["class.embedding"])

    def stage(x, name):
        blocks = itertools.takewhile(
            lambda b: b + ".modulation.weight" in w, (f"{name}.{i}" for i in itertools.count())
        )
        if name + ".0.conv1.weight" in w:
            return functools.reduce(lambda x, b: n.residual(x, b, emb), blocks, x)
        return n.tokens(x, lambda t: functools.reduce(lambda t, b: n.block(t, b, emb, head), blocks, t))

    def level(x, i):
        name = f"levels.{i}"
        if name + ".shrink.weight" not in w:
            return stage(x + w["middle.position"], "middle")
        if name + ".position" in w:
            x = x + w[name + ".position"]
        h = stage(x, name + ".down")
        y = n.conv(F.avg_pool2d(h, 2), name + ".shrink")
        u = F.interpolate(n.conv(level(y, i + 1) - y, name + ".grow"), scale_factor=2)
        return stage(h + u, name + ".up")

    patch = w["stem.weight"].shape[-1]
    h = F.silu(n.gn(level(n.conv(x, "stem", patch), 0), "out_norm"))
    return F.conv_transpose2d(h, w["out.weight"], w["out.bias"], patch)


def vit(w, x, head=8):
    n = Net(w, attend)
    t = n.conv(x, "stem", 4).flatten(2).transpose(1, 2) + w["position"]
    t = t + n.attention(t, "blocks.0.attention", head)
    t = t + n.lin(F.gelu(n.lin(n.ln(t, "blocks.0.norm"), "blocks.0.up")), "blocks.0.down")
    return n.lin(n.ln(t, "norm").mean(1), "head")


def show(name, out, w):
    (out**2).sum().backward()
    norm = math.sqrt(sum(float((v.grad**2).sum()) for v in w.values() if v.grad is not None))
    first = ", ".join("%.6f" % v for v in out.flatten()[:6].tolist())
    print(f"{name}: [{first}], norm {float(out.detach().norm()):.5f}, gradient {norm:.4f}")


def shapes(path):
    return {n: tuple(map(int, s.split(","))) for n, s in (l.split() for l in open(path))}


def main():
    torch.set_num_threads(1)
    # The names and shapes come from the Swift test's own list, one "name a,b,c" a line.
    w = fill(shapes(sys.argv[1]))
    levels, labels = torch.tensor([-1.5, 2.0]), torch.tensor([0, 3])
    show("uvit", uvit(w, wave((2, 3, 16, 16), 0.2), levels, labels), w)
    w = fill(shapes(sys.argv[2]))
    show("vit", vit(w, wave((2, 3, 16, 16), 0.2)), w)


if __name__ == "__main__":
    main()
