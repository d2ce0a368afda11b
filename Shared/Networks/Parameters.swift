public import Jobs
public import Tensors

/// What is wrong with weights that were to be loaded.
public struct ParametersError: ClassifiedError, CustomStringConvertible {
    public let description: String
    public var failureClass: JobFailure.Class { .permanent }
}

/// The trained tensors of a network, under dotted names that are also the checkpoint's.
public final class Parameters {
    /// In the order in which the layers asked for them.
    public private(set) var names: [String] = []
    private var table: [String: Tensor] = [:]

    public init() {}

    public subscript(name: String) -> Tensor? { table[name] }

    /// The tensors in the order of `names`.
    public var tensors: [Tensor] { names.compactMap { table[$0] } }

    /// The tensors by name.
    public var named: [String: Tensor] { table }

    /// The number of trained numbers.
    public var count: Int { tensors.reduce(0) { $0 + $1.count } }

    /// Whether gradients flow into every tensor.
    public func setRequiresGradient(_ on: Bool) {
        for tensor in tensors { tensor.requiresGradient = on }
    }

    /// Overwrites the tensors with those of the same name.
    ///
    /// - Throws: `ParametersError` listing each name that is missing, unexpected or of another
    ///   shape; then nothing was changed.
    public func load(_ values: [String: Tensor]) throws(ParametersError) {
        var problems = values.keys.filter { table[$0] == nil }.sorted()
            .map { "'\($0)' is not part of this network" }
        for name in names {
            guard let value = values[name] else {
                problems.append("'\(name)' is missing")
                continue
            }
            if let own = table[name], own.shape != value.shape {
                problems.append(
                    "'\(name)' has shape \(value.shape), the network's has \(own.shape)"
                )
            }
        }
        guard problems.isEmpty else {
            let rest = problems.count > 5 ? " and \(problems.count - 5) more" : ""
            throw ParametersError(
                description: "the weights do not fit the network: "
                    + problems.prefix(5).joined(separator: "; ") + rest
            )
        }
        for (name, value) in values { table[name]?.copy(from: value) }
    }

    func add(_ name: String, _ tensor: Tensor) -> Tensor {
        precondition(table[name] == nil, "two tensors are named \(name)")
        names.append(name)
        table[name] = tensor
        return tensor
    }

    /// A place for layers to make their tensors in, on `device`, with values drawn from `seed`.
    public func scope(seed: Int, on device: Device = .cpu) -> Scope {
        let generator = Generator(seed: UInt64(bitPattern: Int64(seed)))
        return Scope(parameters: self, prefix: "", generator: generator, device: device)
    }

    /// A prefix of names, and where initial values come from and go to.
    public struct Scope {
        let parameters: Parameters
        var prefix: String
        let generator: Generator
        let device: Device

        public static func / (scope: Scope, name: String) -> Scope {
            let prefix = scope.prefix.isEmpty ? name : scope.prefix + "." + name
            var inner = scope
            inner.prefix = prefix
            return inner
        }

        public static func / (scope: Scope, index: Int) -> Scope { scope / String(index) }

        /// A tensor drawn from N(0, deviation²).
        func normal(_ name: String, _ shape: [Int], deviation: Double) -> Tensor {
            add(name, Tensor.normal(shape, using: generator) * deviation)
        }

        func zeros(_ name: String, _ shape: [Int]) -> Tensor { add(name, .zeros(shape)) }
        func ones(_ name: String, _ shape: [Int]) -> Tensor { add(name, .full(shape, 1)) }

        private func add(_ name: String, _ tensor: Tensor) -> Tensor {
            parameters.add((self / name).prefix, tensor.to(on: device))
        }
    }
}
