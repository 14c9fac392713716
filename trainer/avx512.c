/**
 * avx512.c: the products of a linear layer for processors with AVX-512, at the small sizes that
 * mini-batches have.
 *
 * BLAS copies both factors into a layout of its own first, which pays for large matrices; with 64
 * samples it costs an eighth of the time. Here the first factor is read where it lies, an element
 * at a time, so that it may as well be transposed; the second one a vector at a time, and it is
 * copied only where it is transposed, or where many rows share the copy. A tile of the result
 * stays in registers meanwhile. Widths that are no multiple of a vector are masked.
 *
 * Tiles in registers: Goto and van de Geijn: "Anatomy of high-performance matrix multiplication",
 * ACM TOMS 34(3), 2008; leaving out the copies: Heinecke, Henry, Hutchinson, Pabst: "LIBXSMM", SC
 * 2016. Everything is unrolled, so that this file is compiled without the sanitizers; instead, the
 * tests put the matrices between pages that cannot be touched.
 */
#include "trainer/kernels.h"

#include <immintrin.h>

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define INLINE static inline __attribute__((always_inline))

#ifdef TRAIN_DOUBLE
typedef __m512d vector;
typedef __mmask8 mask;
#define LOAD(from, lanes) _mm512_maskz_loadu_pd(lanes, from)
#define STORE(to, lanes, value) _mm512_mask_storeu_pd(to, lanes, value)
#define LOWER 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER 4, 12, 5, 13, 6, 14, 7, 15
#else
typedef __m512 vector;
typedef __mmask16 mask;
#define LOAD(from, lanes) _mm512_maskz_loadu_ps(lanes, from)
#define STORE(to, lanes, value) _mm512_mask_storeu_ps(to, lanes, value)
#define LOWER 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#endif

enum {
    LANES = sizeof(vector) / sizeof(real),
    MOST_ROWS = 6, // of a tile
    MOST_VECTORS = 4,
    WIDTH = MOST_VECTORS * LANES,
    DEPTH = 256,        // of what is multiplied in one go, so that it stays in the cache
    ROWS_TO_COPY = 192, // from which on it pays to copy the second factor
};

#define ALL ((mask)-1)

// A matrix whose element (i, j) is at[i row + j column].
typedef struct matrix {
    const real *at;
    size_t row, column;
} matrix;

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static mask first_lanes(size_t count)
{
    return (mask)(count >= LANES ? ALL : (1u << count) - 1);
}

// c [rows x vectors] = a [rows x depth] b [depth x vectors], or c + a b. The last vector has only
// the lanes of `last`. `rows` and `vectors` are constants in every call; with b's vectors they fill
// the 32 registers.
INLINE void tile(size_t rows, size_t vectors, mask last, size_t depth, matrix a, const real *b,
                 size_t b_row, real *c, size_t c_row, bool add)
{
    vector sum[MOST_ROWS][MOST_VECTORS];
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        UNROLL
        for (size_t j = 0; j < vectors; j++) {
            real *at = c + i * c_row + j * LANES;
            __builtin_prefetch(at, 1);
            sum[i][j] = add ? LOAD(at, j + 1 < vectors ? ALL : last) : (vector){0};
        }
    }
    for (size_t l = 0; l < depth; l++) {
        vector line[MOST_VECTORS];
        UNROLL
        for (size_t j = 0; j < vectors; j++)
            line[j] = LOAD(b + l * b_row + j * LANES, j + 1 < vectors ? ALL : last);
        UNROLL
        for (size_t i = 0; i < rows; i++) {
            UNROLL
            for (size_t j = 0; j < vectors; j++)
                sum[i][j] += a.at[i * a.row + l * a.column] * line[j];
        }
    }
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        UNROLL
        for (size_t j = 0; j < vectors; j++)
            STORE(c + i * c_row + j * LANES, j + 1 < vectors ? ALL : last, sum[i][j]);
    }
}

// The tiles: X(VECTORS, ROWS), a function each. An `a` that is not transposed has columns, one that
// is has rows, that follow each other; knowing which, the compiler addresses them better.
#define ROWS(X, vectors)                                                                           \
    X(vectors, 1) X(vectors, 2) X(vectors, 3) X(vectors, 4) X(vectors, 5) X(vectors, 6)
#define TILES(X) ROWS(X, 1) ROWS(X, 2) ROWS(X, 3) ROWS(X, 4)

typedef void tile_function(mask last, size_t depth, matrix a, const real *b, size_t b_row, real *c,
                           size_t c_row, bool add);

#define X(vectors, rows)                                                                           \
    static void tile_##vectors##_##rows(mask last, size_t depth, matrix a, const real *b,          \
                                        size_t b_row, real *c, size_t c_row, bool add)             \
    {                                                                                              \
        if (a.column == 1)                                                                         \
            tile(rows, vectors, last, depth, (matrix){a.at, a.row, 1}, b, b_row, c, c_row, add);   \
        else                                                                                       \
            tile(rows, vectors, last, depth, (matrix){a.at, 1, a.column}, b, b_row, c, c_row,      \
                 add);                                                                             \
    }
TILES(X)
#undef X

#define X(vectors, rows) [vectors][rows] = tile_##vectors##_##rows,
static tile_function *const tiles[MOST_VECTORS + 1][MOST_ROWS + 1] = {TILES(X)};
#undef X

// to [columns x rows] = from [rows x columns] transposed, at most LANES of each: after log2(LANES)
// perfect shuffles of all its elements a square is transposed.
INLINE void transpose_square(size_t rows, size_t columns, const real *from, size_t from_row,
                             real *to, size_t to_row)
{
    vector at[LANES], next[LANES];
    UNROLL
    for (size_t i = 0; i < LANES; i++)
        at[i] = LOAD(from + (i < rows ? i : 0) * from_row, first_lanes(columns));
    UNROLL
    for (size_t left = LANES; left > 1; left /= 2) {
        UNROLL
        for (size_t i = 0; i < LANES / 2; i++) {
            next[2 * i] = __builtin_shufflevector(at[i], at[i + LANES / 2], LOWER);
            next[2 * i + 1] = __builtin_shufflevector(at[i], at[i + LANES / 2], UPPER);
        }
        UNROLL
        for (size_t i = 0; i < LANES; i++)
            at[i] = next[i];
    }
    UNROLL
    for (size_t i = 0; i < LANES; i++)
        if (i < columns)
            STORE(to + i * to_row, first_lanes(rows), at[i]);
}

// room [depth x WIDTH] = b [depth x width]
static void copy_panel(size_t depth, size_t width, matrix b, real *room)
{
    for (size_t j = 0; j < width; j += LANES) {
        size_t columns = lesser(LANES, width - j);
        mask lanes = first_lanes(columns);
        if (b.column == 1)
            for (size_t l = 0; l < depth; l++)
                STORE(room + l * WIDTH + j, ALL, LOAD(b.at + l * b.row + j, lanes));
        else
            for (size_t l = 0; l < depth; l += LANES)
                transpose_square(columns, lesser(LANES, depth - l), b.at + l + j * b.column,
                                 b.column, room + l * WIDTH + j, WIDTH);
    }
}

// c [m x n] = a [m x k] b [k x n]: for each panel of b, at most WIDTH wide and DEPTH deep, all rows
// of a.
static void multiply(size_t m, size_t n, size_t k, matrix a, matrix b, real *c)
{
    real room[DEPTH * WIDTH] __attribute__((aligned(sizeof(vector))));
    bool copies = b.column != 1 || m >= ROWS_TO_COPY;
    for (size_t j = 0; j < n; j += WIDTH) {
        size_t width = lesser(WIDTH, n - j), vectors = (width + LANES - 1) / LANES;
        mask last = first_lanes(width - (vectors - 1) * LANES);
        for (size_t l = 0; l < k; l += DEPTH) {
            size_t depth = lesser(DEPTH, k - l);
            matrix panel = {b.at + l * b.row + j * b.column, b.row, b.column};
            if (copies) {
                copy_panel(depth, width, panel, room);
                panel = (matrix){room, WIDTH, 1};
            }
            for (size_t i = 0, rows; i < m; i += rows) {
                rows = lesser(MOST_ROWS, m - i);
                matrix part = {a.at + i * a.row + l * a.column, a.row, a.column};
                tiles[vectors][rows](last, depth, part, panel.at, panel.row, c + i * n + j, n,
                                     l > 0);
            }
        }
    }
}

void avx512_linear_forward(size_t m, size_t k, size_t n, const real *x, const real *w, real *z)
{
    if (blas_is_better(m, k, n))
        blas_linear_forward(m, k, n, x, w, z);
    else
        multiply(m, n, k, (matrix){x, k, 1}, (matrix){w, n, 1}, z);
}

void avx512_linear_backward(size_t m, size_t k, size_t n, const real *x, const real *w,
                            const real *dz, real *dw, real *dx)
{
    if (blas_is_better(m, k, n)) {
        blas_linear_backward(m, k, n, x, w, dz, dw, dx);
        return;
    }
    multiply(k, n, m, (matrix){x, 1, k}, (matrix){dz, n, 1}, dw);
    if (dx)
        multiply(m, k, n, (matrix){dz, n, 1}, (matrix){w, 1, n}, dx);
}
