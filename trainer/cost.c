/**
 * cost.c: softmax with cross-entropy (whose loops are kernels), and the squared error, whose loop
 * is one number a sample.
 */
#include "trainer/cost.h"

static void square_forward(const network *net, size_t m, totals *sum)
{
    for (size_t i = 0; i < m; i++) {
        double distance = (double)net->p[i] - (double)net->targets[i];
        sum->loss += distance * distance / 2;
    }
    sum->count += m;
}

static void square_backward(const network *net, size_t m)
{
    for (size_t i = 0; i < m; i++)
        net->p[i] = (net->p[i] - net->targets[i]) / (real)m;
}

static void weigh(const network *net, size_t m)
{
    size_t n = net->architecture.classes;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            net->p[i * n + j] *= net->class_weights[net->labels[i]];
}

void cost_forward(network *net, size_t m, totals *sum)
{
    if (net->architecture.loss == LOSS_SQUARED_ERROR)
        square_forward(net, m, sum);
    else
        net->kernels->softmax_forward(m, net->architecture.classes, net->p, net->labels, sum);
}

void cost_backward(network *net, size_t m)
{
    if (net->architecture.loss == LOSS_SQUARED_ERROR) {
        square_backward(net, m);
        return;
    }
    net->kernels->softmax_backward(m, net->architecture.classes, net->p, net->labels);
    if (net->class_weights)
        weigh(net, m);
}

size_t cost_choice(const real *p, size_t count)
{
    size_t best = 0;
    for (size_t j = 1; j < count; j++)
        if (p[j] > p[best])
            best = j;
    return best;
}
