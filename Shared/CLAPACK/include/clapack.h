/// The three functions of OpenBLAS that Statistics calls.
///
/// OpenBLAS is opened privately: libtorch exports BLAS too, and whichever of the two a program
/// linked first would serve both. On OpenBLAS's threads libtorch was three times slower.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether OpenBLAS could be opened; nothing else may be called before.
bool cl_open(void);

/// result = op(left) · right + keep · result, row-major, with op the transpose or nothing.
void cl_product(bool transpose_left, int32_t rows, int32_t columns, int32_t inner,
                const double *left, const double *right, bool keep, double *result);

/// Overwrites the symmetric column-major `matrix` with its eigenvectors as columns and writes the
/// eigenvalues, rising. Returns LAPACK's status, 0 for success.
int32_t cl_symmetric_eigen(int32_t size, double *matrix, double *values);

void cl_set_threads(int32_t count);
