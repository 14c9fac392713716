"""How many evaluations the `cmaes` package takes to 1e-8 in ten dimensions, for test_cmaes.c.

Needs Debian's python3-cmaes (0.9.1 when the numbers were taken) and python3-numpy. The package
starts anywhere in the middle of [-5, 5], with a fifth of the range as deviation. Prints the median
of fifteen seeds for each function.
"""
import numpy
from cmaes import CMA

DIMS = 10


def sphere(x):
    return ((x - 0.7) ** 2).sum()


def ellipsoid(x):
    off = x - 0.7
    signs = numpy.where(numpy.arange(DIMS) < DIMS // 2, 1, -1)
    turned = (signs * off + off[::-1]) / numpy.sqrt(2)
    return (1e6 ** (numpy.arange(DIMS) / (DIMS - 1)) * turned ** 2).sum()


def rosenbrock(x):
    return (100 * (x[:-1] ** 2 - x[1:]) ** 2 + (x[:-1] - 1) ** 2).sum()


def evaluations(function, seed):
    random = numpy.random.RandomState(seed)
    bounds = numpy.array([[-5, 5]] * DIMS)
    strategy = CMA(mean=random.uniform(-4, 4, DIMS), sigma=2, bounds=bounds, seed=seed)
    count = 0
    while not strategy.should_stop():
        generation = []
        for _ in range(strategy.population_size):
            x = strategy.ask()
            generation.append((x, function(x)))
            count += 1
            if generation[-1][1] <= 1e-8:
                return count
        strategy.tell(generation)
    return numpy.inf


for function in (sphere, ellipsoid, rosenbrock):
    counts = [evaluations(function, seed) for seed in range(15)]
    print(function.__name__, int(numpy.median(counts)))
