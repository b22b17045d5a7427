/* The hunt of bench/pursuit.py in plain C: the same arithmetic in the same order, one person after another.

   gcc -O3 -march=native -ffp-contract=off -shared -fPIC -o pursuit.so pursuit.c -lm */

#include <math.h>

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

/* Play `looks` looks of a hunt. The ways of the `people` change at the looks `change` [changes]; `ways` holds their
   columns [changes, 8, people]. `x`, `y` [drones] are moved; `tagged` [people] is the look of the tag, or -1; without `tags` everybody stays free. */
void hunt(int looks, int changes, const int *change, const float *ways, int people, int drones, float *x, float *y,
          int *tagged, int *touches, float *at_x, float *at_y, double look, double speed, double reach, int tags)
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
            int who = -1;
            float best = INFINITY;
            for (int i = 0; i < people; i++) {
                if (tagged[i] >= 0)
                    continue;
                float dx = at_x[i] - x[j], dy = at_y[i] - y[j];
                float signal = (dx * dx + dy * dy) * w[WEIGHT * people + i];
                if (signal < best) {
                    best = signal;
                    who = i;
                }
            }
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
