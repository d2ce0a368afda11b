#define USE_C10D_GLOO
#include "failures.h"

#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <string>
#include <vector>

struct ct_gang { c10::intrusive_ptr<c10d::ProcessGroupGloo> group; };


ct_gang *ct_gang_join(const char *host, int32_t port, int32_t rank, int32_t size, const char *own,
                      const char *token, int64_t milliseconds) {
    return ct::guarded(static_cast<ct_gang *>(nullptr), [&] {
        std::chrono::milliseconds limit(milliseconds);
        c10d::TCPStoreOptions options;
        options.port = static_cast<uint16_t>(port);
        options.isServer = rank == 0;
        options.numWorkers = size;
        options.waitWorkers = false;
        options.timeout = limit;
        auto store = c10::make_intrusive<c10d::PrefixStore>(
            std::string(token), c10::make_intrusive<c10d::TCPStore>(std::string(host), options));
        auto gloo = c10d::ProcessGroupGloo::Options::create(limit);
        gloo->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(own));
        gloo->threads = 1;
        return new ct_gang{
            c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, gloo)};
    });
}

void ct_gang_leave(ct_gang *gang) { delete gang; }

bool ct_gang_sum(ct_gang *gang, ct_tensor *const *tensors, int64_t count) {
    if (count == 0) return true;
    return ct::guarded(false, [&] {
        at::NoGradGuard guard;
        std::vector<at::Tensor> flat;
        for (int64_t i = 0; i < count; i++) flat.push_back(ct::in(tensors[i]).flatten());
        // One message for all of them.
        std::vector<at::Tensor> joined{at::cat(flat).to(at::kCPU)};
        gang->group->allreduce(joined)->wait();
        int64_t place = 0;
        for (int64_t i = 0; i < count; i++) {
            auto tensor = ct::in(tensors[i]);
            tensor.copy_(joined[0].narrow(0, place, tensor.numel()).view_as(tensor));
            place += tensor.numel();
        }
        return true;
    });
}
