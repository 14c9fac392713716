/**
 * sobol_directions.c: finds the direction numbers in src/search/sobol_directions.h and prints them.
 *
 * Dimension 0 is van der Corput's sequence. The others take the primitive polynomials over GF(2)
 * in order of degree; their free initial numbers are searched at random for the least sum of
 * t-values of the two-dimensional projections onto all dimensions before, over 2^2 to 2^12 points
 * (the criterion of Joe and Kuo, SIAM J. Sci. Comput. 30, 2008, with equal weights). A t-value of
 * 0 means that every elementary box of volume 2^-m holds exactly one of 2^m points.
 *
 *     cc -O2 -o sobol_directions tools/sobol_directions.c && ./sobol_directions 32 20000
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIMS = 64, BITS = 32, LEAST_M = 2, MOST_M = 12, MOST_DEGREE = 9 };

static uint32_t directions[MOST_DIMS][BITS]; // v_k as 32-bit fractions

static uint64_t random_state = 1;

static uint32_t next_random(void) // splitmix64
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

// x^(2^degree - 1) = 1 modulo the polynomial, and no smaller power of x is 1
static int is_primitive(uint32_t polynomial, int degree)
{
    uint32_t order = (1u << degree) - 1, power = 1;
    for (uint32_t i = 1; i <= order; i++) {
        power <<= 1;
        if (power >> degree & 1)
            power ^= polynomial;
        if (power == 1)
            return i == order;
    }
    return 0;
}

// Bratley and Fox: m_k = 2 a_1 m_{k-1} ^ ... ^ 2^s m_{k-s} ^ m_{k-s}, here on v_k = m_k 2^(32-k)
static void expand(uint32_t polynomial, int degree, const uint32_t *initial, uint32_t *v)
{
    for (int k = 0; k < BITS; k++) {
        if (k < degree) {
            v[k] = initial[k] << (31 - k);
            continue;
        }
        v[k] = v[k - degree] ^ v[k - degree] >> degree;
        for (int j = 1; j < degree; j++)
            if (polynomial >> (degree - j) & 1)
                v[k] ^= v[k - j];
    }
}

// Row r of the m x m generator matrix: bit k is the r-th binary digit of v_k.
static uint32_t matrix_row(const uint32_t *v, int row, int m)
{
    uint32_t bits = 0;
    for (int k = 0; k < m; k++)
        bits |= (v[k] >> (31 - row) & 1) << k;
    return bits;
}

// Adds a row to a basis in echelon form; 0 if it depends on those before.
static int add_row(uint32_t *basis, uint32_t row)
{
    while (row) {
        int lead = __builtin_ctz(row);
        if (!basis[lead]) {
            basis[lead] = row;
            return 1;
        }
        row ^= basis[lead];
    }
    return 0;
}

// Are the first `a` rows of one matrix and the first `b` of the other independent?
static int independent(const uint32_t *first, int a, const uint32_t *second, int b)
{
    uint32_t basis[BITS] = {0};
    for (int i = 0; i < a; i++)
        if (!add_row(basis, first[i]))
            return 0;
    for (int i = 0; i < b; i++)
        if (!add_row(basis, second[i]))
            return 0;
    return 1;
}

static int t_value(const uint32_t *v, const uint32_t *w, int m)
{
    uint32_t first[BITS], second[BITS];
    for (int r = 0; r < m; r++) {
        first[r] = matrix_row(v, r, m);
        second[r] = matrix_row(w, r, m);
    }
    for (int k = m; k > 0; k--) {
        int all = 1;
        for (int a = 0; a <= k && all; a++)
            all = independent(first, a, second, k - a);
        if (all)
            return m - k;
    }
    return m;
}

static int badness(const uint32_t *v, int dim, int limit)
{
    int sum = 0;
    for (int other = dim - 1; other >= 0 && sum < limit; other--)
        for (int m = LEAST_M; m <= MOST_M; m++)
            sum += t_value(v, directions[other], m);
    return sum;
}

static int search(int dim, uint32_t polynomial, int degree, int tries, uint32_t *ret_initial)
{
    int least = 1 << 30;
    for (int attempt = 0; attempt < tries; attempt++) {
        uint32_t initial[MOST_DEGREE], v[BITS];
        for (int k = 0; k < degree; k++) // odd, below 2^(k + 1)
            initial[k] = (next_random() & ((1u << (k + 1)) - 1)) | 1;
        expand(polynomial, degree, initial, v);
        int sum = badness(v, dim, least);
        if (sum < least) {
            least = sum;
            memcpy(ret_initial, initial, sizeof initial);
        }
    }
    return least;
}

static void print_dimension(int dim, uint32_t polynomial, int degree, const uint32_t *initial,
                            int sum)
{
    printf("    {%d, %u, {", degree, polynomial >> 1 & ((1u << (degree - 1)) - 1));
    for (int k = 0; k < degree; k++)
        printf("%s%u", k ? ", " : "", initial[k]);
    printf("}},");
    fprintf(stderr, "dimension %d: mean t %.3f\n", dim, sum / (double)dim / (MOST_M - LEAST_M + 1));
    printf("\n");
}

int main(int argc, char **argv)
{
    int dims = argc > 1 ? atoi(argv[1]) : 32, tries = argc > 2 ? atoi(argv[2]) : 20000, dim = 1;
    for (int k = 0; k < BITS; k++)
        directions[0][k] = 1u << (31 - k);
    for (int degree = 1; degree <= MOST_DEGREE; degree++) {
        for (uint32_t inner = 0; inner < 1u << (degree - 1); inner++) {
            uint32_t polynomial = 1u << degree | inner << 1 | 1;
            if (dim >= dims || !is_primitive(polynomial, degree))
                continue;
            uint32_t initial[MOST_DEGREE] = {0};
            int sum = search(dim, polynomial, degree, tries, initial);
            expand(polynomial, degree, initial, directions[dim]);
            print_dimension(dim++, polynomial, degree, initial, sum);
        }
    }
    return 0;
}
