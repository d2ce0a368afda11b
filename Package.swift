// swift-tools-version: 6.2
import PackageDescription

/// The folder that holds libtorch's `include` and `lib`; `make setup` fills the default.
let libtorch =
    Context.environment["LIBTORCH"] ?? Context.packageDirectory + "/.deps/libtorch"

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// A C library of Debian's: `name` is its folder, `package` its pkg-config name.
func clibrary(_ name: String, _ package: String?, apt: String) -> Target {
    .systemLibrary(
        name: name,
        path: "Shared/" + name,
        pkgConfig: package,
        providers: [.apt([apt])]
    )
}

/// A module whose sources the compiler proves free of unsafe memory access.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Shared/" + name,
        swiftSettings: strict + [.strictMemorySafety()]
    )
}

/// A module that wraps a C library and may therefore touch memory.
func binding(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Shared/" + name,
        swiftSettings: strict
    )
}

func service(_ name: String, folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Services/" + folder,
        swiftSettings: strict
    )
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        path: "Tests/" + name,
        swiftSettings: strict
    )
}

let maths: [Target.Dependency] = [
    "Jobs", "Store", "Images", "Datasets", "Tensors", "Networks", "Diffusion", "Checkpoints",
    "Training", "Workers", "Workbench",
]

let testTargets: [Target] = [
    tests("TensorsTests", ["Tensors"]),
    tests("NetworksTests", ["Networks", "Tensors", "Jobs"]),
    tests("DiffusionTests", ["Diffusion", "Tensors", "Jobs"]),
    tests("CheckpointsTests", ["Checkpoints", "Store", "Tensors"]),
    tests(
        "TrainingTests",
        ["Training", "Checkpoints", "Datasets", "Lifecycle", "Store", "Jobs", "Tensors"]
    ),
    tests(
        "DistillationTests",
        [
            "ModelSupport", "Distillation", "Datasets", "Checkpoints", "Networks", "Store",
            "Training", "Jobs",
            "Tensors",
        ]
    ),
    tests(
        "UnlearningTests",
        [
            "ModelSupport", "Unlearning", "Datasets", "Checkpoints", "Networks", "Store",
            "Training", "Jobs",
            "Tensors",
        ]
    ),
    tests(
        "EvaluationTests",
        [
            "ModelSupport", "Evaluation", "Datasets", "Checkpoints", "Networks", "Store",
            "Training", "Jobs", "Statistics", "Tensors",
        ]
    ),
    tests("StatisticsTests", ["Statistics"]),
    tests("RandomnessTests", ["Randomness"]),
    tests("DatasetsTests", ["Datasets", "Images", "Store", "Jobs", "CArchive"]),
    tests("ImagesTests", ["Images", "CJPEG"]),
    tests("StoreTests", ["Store", "Jobs"]),
    tests("JobsTests", ["Jobs"]),
    tests("ProofsTests", ["Proofs", "Jobs"]),
    tests("ExportsTests", ["Exports", "Jobs"]),
    tests("LifecycleTests", ["Lifecycle", "Logging"]),
    tests("CommandsTests", ["Commands"]),
    tests("MetricsTests", ["Metrics"]),
    tests("HTTPTests", ["HTTP"]),
    tests(
        "SchemasTests",
        ["Exports", "Jobs", "LocalStack", "Postgres", "Proofs", "Records"]
    ),
    tests("PostgresTests", ["Postgres", "LocalStack"]),
    tests(
        "RecordsTests",
        ["Records", "Exports", "Proofs", "Store", "Postgres", "LocalStack", "Lifecycle", "Jobs"]
    ),
    tests("WorkersTests", ["Jobs", "Workers"]),
    tests("KafkaTests", ["TestSupport", "Kafka", "Lifecycle", "LocalStack"]),
    tests(
        "ClusterTests",
        ["TestSupport", "HTTP", "Jobs", "Kafka", "Lifecycle", "LocalStack", "Postgres", "Records"]
    ),
    tests(
        "FaultTests",
        [
            "TestSupport", "LocalStack", "Postgres", "Kafka", "Lifecycle", "Records", "Jobs",
            "Store", "Datasets",
        ]
    ),
    tests(
        "EndToEndTests",
        [
            "TestSupport",
            "LocalStack", "Postgres", "Kafka", "Lifecycle", "Records", "Jobs", "Store", "Datasets",
            "HTTP", "Images", "Proofs",
        ]
    ),
]
let chosen = Context.environment["PALIMPSEST_TESTS"]?.split(separator: ",").map(String.init)

let package = Package(
    name: "palimpsest",
    targets: [
        // C libraries
        .target(
            name: "CTorch",
            path: "Shared/CTorch",
            exclude: ["gloo/README.md"],
            cxxSettings: [
                .headerSearchPath("gloo"),
                .unsafeFlags([
                    "-isystem", libtorch + "/include",
                    "-isystem", libtorch + "/include/torch/csrc/api/include",
                    "-O2", "-g0",
                ]),
            ],
            linkerSettings: [
                .unsafeFlags(["-L", libtorch + "/lib", "-Xlinker", "-rpath=" + libtorch + "/lib"]),
                .linkedLibrary("c10"), .linkedLibrary("torch_cpu"),
            ]
        ),
        clibrary("CPostgres", "libpq", apt: "libpq-dev"),
        clibrary("CKafka", "rdkafka", apt: "librdkafka-dev"),
        .target(name: "CLAPACK", path: "Shared/CLAPACK"),
        .target(name: "CStacks", path: "Shared/CStacks"),
        clibrary("CCrypto", "libcrypto", apt: "libssl-dev"),
        clibrary("CYAML", "yaml-0.1", apt: "libyaml-dev"),
        clibrary("CPNG", "libpng", apt: "libpng-dev"),
        clibrary("CJPEG", "libturbojpeg", apt: "libturbojpeg0-dev"),
        clibrary("CArchive", "libarchive", apt: "libarchive-dev"),
        clibrary("CMicroHTTP", "libmicrohttpd", apt: "libmicrohttpd-dev"),

        // The words both columns share
        library("Spelling", []),
        binding("Jobs", ["CCrypto", "CYAML", "Spelling"]),
        binding("Store", ["Jobs", "CCrypto"]),
        binding("Images", ["CPNG", "CJPEG"]),
        binding("Statistics", ["CLAPACK", "Randomness"]),
        library("Randomness", []),
        binding("Proofs", ["Jobs", "CCrypto"]),
        library("Exports", ["Jobs"]),

        // The mathematics
        binding("Tensors", ["CTorch"]),
        library("Networks", ["Jobs", "Tensors"]),
        library("Diffusion", ["Jobs", "Randomness", "Tensors"]),
        binding("Datasets", ["Jobs", "Randomness", "Store", "Images", "CArchive"]),
        binding("Checkpoints", ["Jobs", "Store", "Tensors"]),
        library(
            "Training",
            [
                "Jobs", "Randomness", "Store", "Tensors", "Networks", "Diffusion", "Datasets",
                "Checkpoints",
            ]
        ),
        library(
            "Distillation",
            [
                "Jobs", "Store", "Tensors", "Networks", "Diffusion", "Datasets", "Checkpoints",
                "Training",
            ]
        ),
        library(
            "Unlearning",
            [
                "Jobs", "Store", "Tensors", "Networks", "Diffusion", "Datasets", "Checkpoints",
                "Training",
            ]
        ),
        library(
            "Evaluation",
            [
                "Jobs", "Store", "Images", "Statistics", "Tensors", "Networks", "Diffusion",
                "Datasets", "Checkpoints", "Training",
            ]
        ),

        // The plumbing
        binding("Logging", []),
        binding("Lifecycle", ["Logging"]),
        binding("Commands", ["Spelling"]),
        library("Metrics", []),
        binding("HTTP", ["CMicroHTTP"]),
        binding("Postgres", ["CPostgres"]),
        library("Records", ["Jobs", "Postgres", "Proofs", "Store"]),
        binding("Kafka", ["CKafka", "Logging"]),
        binding("LocalStack", ["CKafka", "Jobs", "Postgres"]),
        binding(
            "Workers",
            [
                "Jobs", "Proofs", "Records", "Postgres", "Kafka", "Logging", "Lifecycle",
                "Commands", "Metrics", "HTTP", "CStacks",
            ]
        ),

        // The executables, and what the four workers' handlers share
        .target(
            name: "Workbench",
            dependencies: ["Jobs", "Store", "Tensors", "Checkpoints", "Training", "Workers"],
            path: "Services/Workbench",
            swiftSettings: strict + [.strictMemorySafety()]
        ),
        service("training-worker", folder: "TrainingWorker", maths),
        service("distillation-worker", folder: "DistillationWorker", maths + ["Distillation"]),
        service("unlearning-worker", folder: "UnlearningWorker", maths + ["Unlearning"]),
        service(
            "evaluation-worker",
            folder: "EvaluationWorker",
            maths + ["Evaluation", "Statistics"]
        ),
        service(
            "palimpsest",
            folder: "Palimpsest",
            [
                "Jobs", "Store", "Images", "Datasets", "Proofs", "Exports", "Records", "Postgres",
                "Kafka", "LocalStack", "Logging", "Lifecycle", "Commands",
            ]
        ),
        // What the tests with real processes share
        .target(
            name: "TestSupport",
            dependencies: [
                "Datasets", "HTTP", "Jobs", "Kafka", "Lifecycle", "LocalStack", "Postgres",
                "Records", "Store",
            ],
            path: "Tests/Support",
            swiftSettings: strict
        ),
        // And those of the mathematics
        .target(
            name: "ModelSupport",
            dependencies: ["Checkpoints", "Datasets", "Jobs", "Networks", "Tensors", "Training"],
            path: "Tests/ModelSupport",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "benchmarks",
            dependencies: maths + [
                "Lifecycle", "LocalStack", "Postgres", "Proofs", "Records", "Randomness",
                "Statistics", "Distillation", "Unlearning", "Evaluation", "Kafka", "TestSupport",
            ],
            path: "Tests/Benchmarks",
            exclude: ["peer", "results"],
            swiftSettings: strict
        ),
    ] + testTargets.filter { chosen?.contains($0.name) ?? true },
    cxxLanguageStandard: .cxx20
)
