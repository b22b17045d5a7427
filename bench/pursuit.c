/* The hunt of bench/pursuit.py in C: the same arithmetic in the same order, one person after another, or eight at once
   with the vector unit (AVX2), which ends with the same bits.

   gcc -O3 -march=native -ffp-contract=off -shared -fPIC -o pursuit.so pursuit.c -lm */

#include <math.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

enum { X, Y, WEIGHT, FROM_X, FROM_Y, VX, VY, SINCE };

static double intercept_time(double dx, double dy, double ux, double uy, double speed, double reach)
{
    double gap = dx * dx + dy * dy - reach * reach;
    if (gap <= 0.0)
        return 0.0;
    double b = dx * ux + dy * uy - speed * reach;
    double a = speed * speed - ux * ux - uy * uy;
    double square = b * b + a * gap;
    if (b < 0.0)
        return square >= 0.0 ? gap / (sqrt(square) - b) : INFINITY;
    return a > 0.0 ? (b + sqrt(square)) / a : INFINITY;
}

/* Return whom a drone at (x, y) makes out best from `first` on, and how well in `best`; the earlier of two alike. */
static int best_seen(int first, int people, const float *at_x, const float *at_y, const float *weight, const int *tagged,
                     float x, float y, int who, float *best)
{
    for (int i = first; i < people; i++) {
        if (tagged[i] >= 0)
            continue;
        float dx = at_x[i] - x, dy = at_y[i] - y;
        float signal = (dx * dx + dy * dy) * weight[i];
        if (signal < *best) {
            *best = signal;
            who = i;
        }
    }
    return who;
}

#ifdef __AVX2__
/* The same, eight people at once. */
static int best_seen_of_eights(int people, const float *at_x, const float *at_y, const float *weight, const int *tagged,
                               float x, float y)
{
    __m256 here_x = _mm256_set1_ps(x), here_y = _mm256_set1_ps(y), least = _mm256_set1_ps(INFINITY);
    __m256i which = _mm256_set1_epi32(-1), now = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    int i = 0;
    for (; i + 8 <= people; i += 8) {
        __m256 dx = _mm256_sub_ps(_mm256_loadu_ps(at_x + i), here_x);
        __m256 dy = _mm256_sub_ps(_mm256_loadu_ps(at_y + i), here_y);
        __m256 square = _mm256_add_ps(_mm256_mul_ps(dx, dx), _mm256_mul_ps(dy, dy));
        __m256 signal = _mm256_mul_ps(square, _mm256_loadu_ps(weight + i));
        __m256i free = _mm256_loadu_si256((const __m256i *)(tagged + i)); /* -1: every bit is set */
        __m256 better = _mm256_and_ps(_mm256_cmp_ps(signal, least, _CMP_LT_OQ),
                                      _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_setzero_si256(), free)));
        least = _mm256_blendv_ps(least, signal, better);
        which = _mm256_blendv_epi8(which, now, _mm256_castps_si256(better));
        now = _mm256_add_epi32(now, _mm256_set1_epi32(8));
    }
    float signals[8];
    int rows[8];
    _mm256_storeu_ps(signals, least);
    _mm256_storeu_si256((__m256i *)rows, which);
    int who = -1;
    float best = INFINITY;
    for (int lane = 0; lane < 8; lane++)
        if (rows[lane] >= 0 && (signals[lane] < best || (signals[lane] == best && rows[lane] < who))) {
            best = signals[lane];
            who = rows[lane];
        }
    return best_seen(i, people, at_x, at_y, weight, tagged, x, y, who, &best);
}
#endif

/* Return whether the vector unit is there. */
int has_vectors(void)
{
#ifdef __AVX2__
    return 1;
#else
    return 0;
#endif
}

/* Play `looks` looks of a hunt. The ways of the `people` change at the looks `change` [changes]; `ways` holds their
   columns [changes, 8, people]. `x`, `y` [drones] are moved; `tagged` [people] is the look of the tag, or -1; without `tags` everybody stays free. */
void hunt(int looks, int changes, const int *change, const float *ways, int people, int drones, float *x, float *y,
          int *tagged, int *touches, float *at_x, float *at_y, double look, double speed, double reach, int tags,
          int vectors)
{
    int turn = -1;
    const float *w = ways;
    for (int k = 0; k < looks; k++) {
        if (turn + 1 < changes && change[turn + 1] == k)
            w = ways + (long)8 * people * ++turn;
        float now = (float)(k * look);
        for (int i = 0; i < people; i++) {
            float gone = now - w[SINCE * people + i];
            at_x[i] = w[FROM_X * people + i] + w[VX * people + i] * gone;
            at_y[i] = w[FROM_Y * people + i] + w[VY * people + i] * gone;
        }
        for (int j = 0; j < drones; j++) {
            const float *weight = w + (long)WEIGHT * people;
            float best = INFINITY;
            int who;
#ifdef __AVX2__
            if (vectors)
                who = best_seen_of_eights(people, at_x, at_y, weight, tagged, x[j], y[j]);
            else
#endif
                who = best_seen(0, people, at_x, at_y, weight, tagged, x[j], y[j], -1, &best);
            touches[j] = -1;
            if (who < 0)
                continue;
            double ux = w[VX * people + who], uy = w[VY * people + who];
            double dx = (double)at_x[who] - x[j], dy = (double)at_y[who] - y[j];
            if (dx * dx + dy * dy <= reach * reach) {
                touches[j] = who;
                x[j] = (float)(x[j] + ux * look);
                y[j] = (float)(y[j] + uy * look);
                continue;
            }
            double meets = intercept_time(dx, dy, ux, uy, speed, 0.9 * reach);
            if (!isinf(meets)) {
                dx += ux * meets;
                dy += uy * meets;
            }
            double far = sqrt(dx * dx + dy * dy);
            double flown = meets < look ? meets : look, left = look - flown;
            x[j] = (float)(x[j] + speed * dx / far * flown + ux * left);
            y[j] = (float)(y[j] + speed * dy / far * flown + uy * left);
        }
        for (int j = 0; j < drones && tags; j++)
            if (touches[j] >= 0 && tagged[touches[j]] < 0)
                tagged[touches[j]] = k;
    }
}
