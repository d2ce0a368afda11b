/// How what C++ throws becomes the kept message of `ct_take_error`.
#pragma once
#include "ctorch.h"

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

struct ct_tensor { at::Tensor value; };

namespace ct {

/// Keeps `text` unless this thread already keeps a message.
void keep(const char *text);
bool has_failed();

/// Runs `body` unless this thread already failed; keeps what it throws and returns `otherwise`.
template <class Body, class Result>
Result guarded(Result otherwise, Body body) {
    if (has_failed()) return otherwise;
    try {
        return body();
    } catch (const c10::Error &error) {
        keep(error.what_without_backtrace());
    } catch (const std::exception &error) {
        keep(error.what());
    } catch (...) {
        keep("libtorch threw something that is not an exception");
    }
    return otherwise;
}

inline const at::Tensor &in(const ct_tensor *t) {
    TORCH_CHECK(t != nullptr, "a tensor is missing: an earlier call failed");
    return t->value;
}

}
