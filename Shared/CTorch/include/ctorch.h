/// The part of libtorch that Palimpsest calls, as plain C.
///
/// Every function catches what C++ throws. The first message of a thread is kept until
/// `ct_take_error` reads it; while one is kept, calls do nothing and return NULL, 0 or -1.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor ct_tensor;
typedef struct ct_operator ct_operator;
typedef struct ct_generator ct_generator;
typedef struct ct_gang ct_gang;

typedef enum {
    CT_NONE, CT_TENSOR, CT_INTEGER, CT_NUMBER, CT_FLAG,
    CT_INTEGERS, CT_NUMBERS, CT_TENSORS, CT_STRING, CT_GENERATOR, CT_DEVICE,
} ct_tag;

/// One argument of an operator. Lists are `count` items at `pointer`; a device is
/// `integer` (its type) and `count` (its index).
typedef struct {
    ct_tag tag;
    int64_t integer;
    double number;
    const void *pointer;
    int64_t count;
} ct_value;

/// The kept message of this thread, or NULL; reading it clears it.
const char *ct_take_error(void);
bool ct_has_error(void);

/// Finds `aten::add` with overload `Tensor`, else NULL; the handle lives as long as the process.
const ct_operator *ct_find(const char *name, const char *overload);
/// Calls the operator; missing trailing arguments take the schema's defaults. Tensor results,
/// lists flattened, are written to `results`. Returns their number, or -1.
int64_t ct_call(const ct_operator *op, const ct_value *arguments, int64_t count,
                ct_tensor **results, int64_t capacity);

ct_tensor *ct_from_data(const void *data, int32_t type, const int64_t *shape, int64_t rank);
/// Copies the elements, in row-major order and as `type`, to `data`, which holds `bytes`.
bool ct_copy_data(const ct_tensor *t, int32_t type, void *data, int64_t bytes);
void ct_free(ct_tensor *t);

int64_t ct_rank(const ct_tensor *t);
int64_t ct_size(const ct_tensor *t, int64_t axis);
int64_t ct_count(const ct_tensor *t);
int32_t ct_type(const ct_tensor *t);
int32_t ct_device_type(const ct_tensor *t);
int32_t ct_device_index(const ct_tensor *t);
ct_tensor *ct_to(const ct_tensor *t, int32_t type, int32_t device_type, int32_t device_index);

bool ct_requires_grad(const ct_tensor *t);
void ct_set_requires_grad(ct_tensor *t, bool on);
/// d(sum of `output`·`seed`) / d(inputs[i]); NULL where an input does not take part.
bool ct_gradients(const ct_tensor *output, const ct_tensor *seed, ct_tensor *const *inputs,
                  int64_t count, ct_tensor **results);

bool ct_grad_enabled(void);
void ct_set_grad_enabled(bool on);
bool ct_autocast_enabled(int32_t device_type);
void ct_enable_autocast(int32_t device_type, bool on);
void ct_set_autocast_type(int32_t device_type, int32_t type);
/// Drops the weights that autocast keeps in its type, which it would else use after they changed.
void ct_forget_casts(void);

ct_generator *ct_generator_new(uint64_t seed);
void ct_generator_free(ct_generator *g);

/// Meets the other ranks: rank 0 listens at `port`, the others call it at `host`, and `own` is where
/// this one is called. Ranks with another `token` are not heard. NULL where they did not come in time.
ct_gang *ct_gang_join(const char *host, int32_t port, int32_t rank, int32_t size, const char *own,
                      const char *token, int64_t milliseconds);
void ct_gang_leave(ct_gang *gang);
/// Replaces each tensor by its sum over all ranks; they are of one type and device.
bool ct_gang_sum(ct_gang *gang, ct_tensor *const *tensors, int64_t count);

void ct_set_threads(int32_t count);
int32_t ct_threads(void);
bool ct_cuda_available(void);
const char *ct_version(void);
/// The widest instruction set in use ("AVX512" …).
const char *ct_cpu_capability(void);

#ifdef __cplusplus
}
#endif
