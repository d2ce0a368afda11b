#define _GNU_SOURCE
#include "clapack.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

typedef void gemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a,
                  int lda, const double *b, int ldb, double beta, double *c, int ldc);
typedef void syevd(const char *job, const char *triangle, const int *n, double *a, const int *lda,
                   double *w, double *work, const int *lwork, int *iwork, const int *liwork,
                   int *info, size_t job_length, size_t triangle_length);

static gemm *dgemm;
static syevd *dsyevd;
static void (*set_threads)(int);
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_library(void) {
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!library) return;
    dgemm = (gemm *)dlsym(library, "cblas_dgemm");
    dsyevd = (syevd *)dlsym(library, "dsyevd_");
    set_threads = (void (*)(int))dlsym(library, "openblas_set_num_threads");
}

bool cl_open(void) {
    pthread_once(&once, open_library);
    return dgemm && dsyevd && set_threads;
}

void cl_product(bool transpose_left, int32_t rows, int32_t columns, int32_t inner,
                const double *left, const double *right, bool keep, double *result) {
    enum { row_major = 101, plain = 111, transposed = 112 };
    dgemm(row_major, transpose_left ? transposed : plain, plain, rows, columns, inner, 1, left,
          transpose_left ? rows : inner, right, columns, keep ? 1 : 0, result, columns);
}

int32_t cl_symmetric_eigen(int32_t size, double *matrix, double *values) {
    int ask = -1, info = 0, integers = 0;
    double numbers = 0;
    dsyevd("V", "L", &size, matrix, &size, values, &numbers, &ask, &integers, &ask, &info, 1, 1);
    if (info != 0) return info;
    int lwork = (int)numbers, liwork = integers;
    double *work = malloc(sizeof(double) * (size_t)lwork);
    int *iwork = malloc(sizeof(int) * (size_t)liwork);
    if (work && iwork)
        dsyevd("V", "L", &size, matrix, &size, values, work, &lwork, iwork, &liwork, &info, 1, 1);
    else
        info = -1000;
    free(work);
    free(iwork);
    return info;
}

void cl_set_threads(int32_t count) { set_threads(count); }
