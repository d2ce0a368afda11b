#include "failures.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include <string>

struct ct_operator { c10::OperatorHandle handle; };
struct ct_generator { at::Generator value; };

namespace {

thread_local bool failed = false;
thread_local std::string message;
thread_local std::string taken;

using ct::guarded;
using ct::in;

ct_tensor *wrap(at::Tensor value) {
    return value.defined() ? new ct_tensor{std::move(value)} : nullptr;
}

template <class Body>
ct_tensor *produce(Body body) {
    return guarded(static_cast<ct_tensor *>(nullptr), [&] { return wrap(body()); });
}

c10::List<at::Tensor> tensors(const ct_value &value) {
    auto handles = static_cast<const ct_tensor *const *>(value.pointer);
    c10::List<at::Tensor> list;
    list.reserve(value.count);
    for (int64_t i = 0; i < value.count; i++) list.push_back(in(handles[i]));
    return list;
}

/// True where the schema wants `float` (or an optional or list of it), so an integer must widen.
bool wantsNumber(const c10::Type &type) {
    if (auto optional = type.cast<c10::OptionalType>())
        return wantsNumber(*optional->getElementType());
    if (auto list = type.cast<c10::ListType>()) return wantsNumber(*list->getElementType());
    return type.kind() == c10::TypeKind::FloatType;
}

c10::IValue boxed(const ct_value &value, const c10::Argument &argument) {
    auto integers = static_cast<const int64_t *>(value.pointer);
    auto numbers = static_cast<const double *>(value.pointer);
    switch (value.tag) {
    case CT_NONE: return c10::IValue();
    case CT_TENSOR: return in(static_cast<const ct_tensor *>(value.pointer));
    case CT_INTEGER:
        if (wantsNumber(*argument.type())) return static_cast<double>(value.integer);
        return value.integer;
    case CT_NUMBER: return value.number;
    case CT_FLAG: return value.integer != 0;
    case CT_INTEGERS: return std::vector<int64_t>(integers, integers + value.count);
    case CT_NUMBERS: return std::vector<double>(numbers, numbers + value.count);
    case CT_TENSORS: return tensors(value);
    case CT_STRING: return std::string(static_cast<const char *>(value.pointer));
    case CT_GENERATOR: return static_cast<const ct_generator *>(value.pointer)->value;
    case CT_DEVICE:
        return c10::Device(static_cast<c10::DeviceType>(value.integer),
                           static_cast<c10::DeviceIndex>(value.count));
    }
    TORCH_CHECK(false, "unknown argument tag ", static_cast<int>(value.tag));
}

void append(const c10::IValue &value, std::vector<at::Tensor> &out) {
    if (value.isTensor()) out.push_back(value.toTensor());
    if (value.isTensorList())
        for (const at::Tensor t : value.toTensorList()) out.push_back(t);
}

}  // namespace

namespace ct {

void keep(const char *text) {
    if (failed) return;
    failed = true;
    message = text;
}

bool has_failed() { return failed; }

}

const char *ct_take_error(void) {
    if (!failed) return nullptr;
    failed = false;
    taken = std::move(message);
    return taken.c_str();
}

bool ct_has_error(void) { return failed; }

const ct_operator *ct_find(const char *name, const char *overload) {
    auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    return found ? new ct_operator{*found} : nullptr;
}

int64_t ct_call(const ct_operator *op, const ct_value *arguments, int64_t count,
                ct_tensor **results, int64_t capacity) {
    return guarded(int64_t(-1), [&] {
        const auto &wanted = op->handle.schema().arguments();
        TORCH_CHECK(count <= static_cast<int64_t>(wanted.size()), op->handle.operator_name(),
                    " takes ", wanted.size(), " arguments, not ", count);
        torch::jit::Stack stack;
        stack.reserve(wanted.size());
        for (int64_t i = 0; i < count; i++) stack.push_back(boxed(arguments[i], wanted[i]));
        for (size_t i = count; i < wanted.size(); i++) {
            TORCH_CHECK(wanted[i].default_value().has_value(), op->handle.operator_name(),
                        " needs argument ", wanted[i].name());
            stack.push_back(*wanted[i].default_value());
        }
        op->handle.callBoxed(stack);
        std::vector<at::Tensor> out;
        for (const auto &value : stack) append(value, out);
        TORCH_CHECK(static_cast<int64_t>(out.size()) <= capacity, op->handle.operator_name(),
                    " returned ", out.size(), " tensors, room for ", capacity);
        for (size_t i = 0; i < out.size(); i++) results[i] = wrap(std::move(out[i]));
        return static_cast<int64_t>(out.size());
    });
}

ct_tensor *ct_from_data(const void *data, int32_t type, const int64_t *shape, int64_t rank) {
    return produce([&] {
        auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(type));
        at::Tensor t = at::empty(at::IntArrayRef(shape, rank), options);
        if (t.nbytes() > 0) std::memcpy(t.data_ptr(), data, t.nbytes());
        return t;
    });
}

bool ct_copy_data(const ct_tensor *t, int32_t type, void *data, int64_t bytes) {
    return guarded(false, [&] {
        at::NoGradGuard guard;
        at::Tensor plain = in(t).to(at::kCPU, static_cast<at::ScalarType>(type)).contiguous();
        TORCH_CHECK(static_cast<int64_t>(plain.nbytes()) == bytes, "the tensor has ",
                    plain.nbytes(), " bytes, the buffer ", bytes);
        if (bytes > 0) std::memcpy(data, plain.data_ptr(), bytes);
        return true;
    });
}

void ct_free(ct_tensor *t) { delete t; }

int64_t ct_rank(const ct_tensor *t) { return t ? t->value.dim() : 0; }
int64_t ct_size(const ct_tensor *t, int64_t axis) {
    return guarded(int64_t(0), [&] { return in(t).size(axis); });
}
int64_t ct_count(const ct_tensor *t) { return t ? t->value.numel() : 0; }
int32_t ct_type(const ct_tensor *t) { return t ? static_cast<int32_t>(t->value.scalar_type()) : -1; }
int32_t ct_device_type(const ct_tensor *t) {
    return t ? static_cast<int32_t>(t->value.device().type()) : -1;
}
int32_t ct_device_index(const ct_tensor *t) { return t ? t->value.device().index() : -1; }

ct_tensor *ct_to(const ct_tensor *t, int32_t type, int32_t device_type, int32_t device_index) {
    return produce([&] {
        c10::Device device(static_cast<c10::DeviceType>(device_type),
                           static_cast<c10::DeviceIndex>(device_index));
        return in(t).to(device, static_cast<at::ScalarType>(type));
    });
}

bool ct_requires_grad(const ct_tensor *t) { return t && t->value.requires_grad(); }
void ct_set_requires_grad(ct_tensor *t, bool on) {
    guarded(0, [&] { in(t).set_requires_grad(on); return 0; });
}

bool ct_gradients(const ct_tensor *output, const ct_tensor *seed, ct_tensor *const *inputs,
                  int64_t count, ct_tensor **results) {
    return guarded(false, [&] {
        torch::autograd::variable_list wrt, seeds;
        for (int64_t i = 0; i < count; i++) wrt.push_back(in(inputs[i]));
        if (seed) seeds.push_back(in(seed));
        auto found = torch::autograd::grad({in(output)}, wrt, seeds, std::nullopt, false, true);
        for (int64_t i = 0; i < count; i++) results[i] = wrap(found[i]);
        return true;
    });
}

bool ct_grad_enabled(void) { return at::GradMode::is_enabled(); }
void ct_set_grad_enabled(bool on) { at::GradMode::set_enabled(on); }

bool ct_autocast_enabled(int32_t device_type) {
    return at::autocast::is_autocast_enabled(static_cast<at::DeviceType>(device_type));
}
void ct_enable_autocast(int32_t device_type, bool on) {
    at::autocast::set_autocast_enabled(static_cast<at::DeviceType>(device_type), on);
}
void ct_set_autocast_type(int32_t device_type, int32_t type) {
    auto device = static_cast<at::DeviceType>(device_type);
    at::autocast::set_autocast_dtype(device, static_cast<at::ScalarType>(type));
}
void ct_forget_casts(void) { at::autocast::clear_cache(); }

ct_generator *ct_generator_new(uint64_t seed) {
    return guarded(static_cast<ct_generator *>(nullptr), [&] {
        return new ct_generator{at::detail::createCPUGenerator(seed)};
    });
}
void ct_generator_free(ct_generator *g) { delete g; }

void ct_set_threads(int32_t count) {
    guarded(0, [&] { at::set_num_threads(count); return 0; });
}
int32_t ct_threads(void) { return at::get_num_threads(); }
bool ct_cuda_available(void) { return at::hasCUDA(); }
const char *ct_version(void) { return TORCH_VERSION; }
const char *ct_cpu_capability(void) {
    thread_local std::string text;
    text = at::get_cpu_capability();
    return text.c_str();
}
