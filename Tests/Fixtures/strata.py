"""The strata of NearnessTests and StratumTests, by NumPy, with its own generator."""
import math

import numpy as np

CLASSES, EACH, FORGOTTEN = 9, 12, (3, 8)
kept = [c for c in range(CLASSES) if c not in FORGOTTEN]
labels = np.array([kept[i % len(kept)] for i in range(EACH * len(kept))])
place = np.arange(len(labels))

# What the judge sees: a share for each class that waves with the pair, made to sum to 1.
waves = np.array([[1.1 + math.sin(3 * c * (c + 2) + 5 * l + 0.1 * i) for c in range(CLASSES)]
                  for i, l in zip(place, labels)])
seen = waves / waves.sum(1, keepdims=True)
closeness = {f: {c: seen[labels == c, f].mean() for c in kept} for f in FORGOTTEN}


def nearest(forgotten):
    each = max(1, math.ceil(len(kept) / (4 * len(forgotten))))
    return sorted({c for f in forgotten
                   for c in sorted(kept, key=lambda c: -closeness[f][c])[:each]})


for forgotten in ([3], [8], [3, 8]):
    print("near", forgotten, nearest(forgotten))

subject = 0.2 + 0.02 * labels + 0.1 * np.sin(1.7 * place) ** 2
again = 0.001 * np.cos(place) ** 2
others = 1 + 0.05 * labels + 0.2 * np.sin(0.9 * place)


def stratum(classes, rounds=200_000):
    rng = np.random.default_rng(1)
    rows = [subject[labels == c] for c in classes]
    chosen = np.isin(labels, classes)
    floor, ceiling = again[chosen].mean(), others[chosen].mean()
    means = np.zeros(rounds)
    for _ in classes:  # as many classes as there are, then as many pairs of each
        which = rng.integers(len(classes), size=rounds)
        drawn = rng.integers(EACH, size=(rounds, EACH))
        means += np.stack(rows)[which[:, None], drawn].mean(1)
    low, high = np.percentile(means / len(classes), [2.5, 97.5])
    scale = lambda x: (x - floor) / (ceiling - floor)
    return scale(subject[chosen].mean()), scale(low), scale(high), chosen.sum()


near = nearest([3])
for name, classes in [("whole", kept), ("near", near),
                      ("far", [c for c in kept if c not in near])]:
    print(name, "%.9f %.4f %.4f %d" % stratum(classes))
worst = max(kept, key=lambda c: stratum([c], 10)[0])
print("worst", worst, "%.9f %.4f %.4f %d" % stratum([worst]))
