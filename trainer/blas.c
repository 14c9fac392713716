/**
 * blas.c: the products of a linear layer on BLAS. Weights lie as [in x out], so that the product
 * of the forward pass, which evaluation needs too, is not transposed.
 */
#include "trainer/kernels.h"

#include <cblas.h>

#ifdef TRAIN_DOUBLE
#define GEMM cblas_dgemm
#else
#define GEMM cblas_sgemm
#endif

void blas_linear_forward(size_t m, size_t k, size_t n, const real *x, const real *w, real *z)
{
    GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)m, (blasint)n, (blasint)k, 1, x,
         (blasint)k, w, (blasint)n, 0, z, (blasint)n);
}

void blas_linear_backward(size_t m, size_t k, size_t n, const real *x, const real *w,
                          const real *dz, real *dw, real *dx)
{
    GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)k, (blasint)n, (blasint)m, 1, x,
         (blasint)k, dz, (blasint)n, 0, dw, (blasint)n);
    if (dx)
        GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)m, (blasint)k, (blasint)n, 1, dz,
             (blasint)n, w, (blasint)n, 0, dx, (blasint)k);
}

bool blas_is_better(size_t m, size_t k, size_t n)
{
    const size_t many = 256, large = (size_t)1 << 22; // found by bench/trainer
    return openblas_get_num_threads() > 1 || (m >= many && k * n >= large);
}
