/**
 * real.h: the number that the network is made of.
 *
 * The same source is compiled twice: for float, which is what the program runs on, and for double
 * (with TRAIN_DOUBLE), in which the tests check every gradient by finite differences.
 */
#ifndef TRAIN_REAL_H
#define TRAIN_REAL_H

#ifdef TRAIN_DOUBLE
typedef double real;
#else
typedef float real;
#endif

#endif
