import Foundation
import Jobs
import Networks
import Tensors
import Testing

/// Fills every tensor as Tests/Fixtures/networks.py does.
private func fill(_ parameters: Parameters) {
    for (index, name) in parameters.names.sorted().enumerated() {
        guard let tensor = parameters[name] else { continue }
        let values = (0..<tensor.count).map {
            Float(0.3 * sin(0.7 * Double(index) + 1.3 * Double($0) + 0.1))
        }
        tensor.copy(from: Tensor(values, tensor.shape))
    }
}

private func wave(_ shape: [Int], _ phase: Double) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { Float(sin(0.37 * Double($0) + phase)) }, shape)
}

func goldenNetwork() -> NetworkSpec {
    var spec = NetworkSpec()
    (spec.patch, spec.widths) = (2, [8, 16, 24])
    (spec.levels, spec.blocks) = ([.residual, .transformer], [1, 1])
    (spec.middleBlocks, spec.embedding, spec.headWidth) = (1, 12, 8)
    return spec
}

/// The outputs and the norm of the gradient of Σ output², of the networks written a second time
/// in PyTorch.
@Suite(.serialized) struct GoldenTests {
    init() { Engine.threads = 1 }

    private func check(
        _ output: Tensor,
        _ parameters: Parameters,
        first: [Double],
        norm: Double,
        gradient: Double
    ) {
        for (own, golden) in zip(output.doubles, first) { #expect(abs(own - golden) < 2e-4) }
        #expect(abs(output.norm().item / norm - 1) < 1e-4)
        let gradients = output.squared().sum().gradients(of: parameters.tensors)
        #expect(abs(TensorLists.norm(gradients).item / gradient - 1) < 1e-3)
    }

    @Test func `the U-ViT computes what PyTorch computes`() throws {
        let parameters = Parameters()
        let network = UViT(
            parameters.scope(seed: 0),
            spec: goldenNetwork(),
            resolution: 16,
            classes: 3
        )
        fill(parameters)
        parameters.setRequiresGradient(true)
        let output = network(
            wave([2, 3, 16, 16], 0.2),
            logSNR: Tensor([-1.5, 2] as [Float], [2]),
            labels: Tensor([0, 3], [2])
        )
        check(
            output,
            parameters,
            first: [0.200798, 0.324165, 0.199799, 0.325020, 0.199713, 0.325318],
            norm: 10.01894,
            gradient: 474.2664
        )
    }

    @Test func `the ViT computes what PyTorch computes`() throws {
        var spec = ClassifierSpec()
        (spec.width, spec.depth, spec.headWidth) = (16, 1, 8)
        let parameters = Parameters()
        let network = ViT(parameters.scope(seed: 0), spec: spec, resolution: 16, classes: 3)
        fill(parameters)
        parameters.setRequiresGradient(true)
        check(
            network(wave([2, 3, 16, 16], 0.2)),
            parameters,
            first: [0.461097, -0.090190, -0.769133, 0.461235, -0.090542, -0.769009],
            norm: 1.27461,
            gradient: 7.8182
        )
    }
}

@Suite struct UViTTests {
    /// Blocks end in zeros, and so does the network: it begins as the zero function.
    @Test func `a fresh network answers zero`() {
        let network = UViT(
            Parameters().scope(seed: 1),
            spec: goldenNetwork(),
            resolution: 16,
            classes: 3
        )
        let output = network(
            wave([1, 3, 16, 16], 0),
            logSNR: Tensor([0] as [Float], [1]),
            labels: Tensor([0], [1])
        )
        #expect(output.shape == [1, 3, 16, 16])
        #expect(output.abs().sum().item == 0)
    }

    @Test func `weights that do not fit are refused by name, all at once`() {
        let parameters = Parameters()
        _ = UViT(parameters.scope(seed: 1), spec: goldenNetwork(), resolution: 16, classes: 3)
        var weights = parameters.named
        weights["stem.weight"] = Tensor.zeros([1])
        weights["stem.bias"] = nil
        weights["extra"] = Tensor.zeros([1])
        let error = #expect(throws: ParametersError.self) { try parameters.load(weights) }
        for name in ["'stem.weight' has shape [1]", "'stem.bias' is missing", "'extra'"] {
            #expect(error?.description.contains(name) == true)
        }
    }
}
