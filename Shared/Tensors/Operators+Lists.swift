private enum Op {
    static let norms = Operator("_foreach_norm.Scalar")
    static let scale = Operator("_foreach_mul_.Tensor")
    static let add = Operator("_foreach_add_.List")
    static let lerp = Operator("_foreach_lerp_.Scalar")
    static let adamW = Operator("_fused_adamw_")
    static let clip = Operator("clamp_max")
}

/// Operators over all parameters of a network at once, in place and without gradients.
public enum TensorLists {
    /// The Euclidean norm of all elements of all tensors, a scalar.
    public static func norm(_ tensors: [Tensor]) -> Tensor {
        withoutGradients {
            Tensor.stacked(Op.norms.all(.tensors(tensors), .number(2), room: tensors.count)).norm()
        }
    }

    /// Multiplies every tensor by the scalar tensor `factor`.
    public static func scale(_ tensors: [Tensor], by factor: Tensor) {
        withoutGradients { Op.scale.run(.tensors(tensors), .tensor(factor)) }
    }

    /// Adds each of `others` to its partner in `tensors`.
    public static func add(_ others: [Tensor], to tensors: [Tensor]) {
        withoutGradients { Op.add.run(.tensors(tensors), .tensors(others)) }
    }

    /// Scales `tensors` so that their joint norm is at most `limit`; returns the norm before.
    ///
    /// Pascanu et al. 2013, arXiv:1211.5063, algorithm 1.
    public static func clip(_ tensors: [Tensor], toNorm limit: Double) -> Tensor {
        let norm = norm(tensors)
        withoutGradients {
            scale(tensors, by: Op.clip(.tensor(limit / (norm + 1e-6)), .number(1)))
        }
        return norm
    }

    /// Moves each of `tensors` the fraction `weight` of the way to its partner in `targets`.
    public static func lerp(_ tensors: [Tensor], towards targets: [Tensor], weight: Double) {
        withoutGradients {
            Op.lerp.run(.tensors(tensors), .tensors(targets), .number(weight))
        }
    }

    /// One AdamW step (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2) by the fused
    /// kernel; `counts` are float32 scalars, the steps done *including* this one.
    public static func adamW(
        _ parameters: [Tensor],
        gradients: [Tensor],
        firstMoments: [Tensor],
        secondMoments: [Tensor],
        counts: [Tensor],
        learningRate: Double,
        beta1: Double,
        beta2: Double,
        weightDecay: Double,
        epsilon: Double
    ) {
        withoutGradients {
            Op.adamW.run(
                .tensors(parameters),
                .tensors(gradients),
                .tensors(firstMoments),
                .tensors(secondMoments),
                .tensors([]),
                .tensors(counts),
                .number(learningRate),
                .number(beta1),
                .number(beta2),
                .number(weightDecay),
                .number(epsilon),
                .flag(false),
                .flag(false)
            )
        }
    }
}
