import Checkpoints
import Foundation
import Tensors
import Testing

struct SafeTensorsTests {
    /// What `safetensors` 0.6 of Python writes for {"a": [[1, 2], [3, 4]] in F32, "b": [7] in I64}:
    /// header length 120, names sorted by alignment of type and name.
    private let python =
        Data([120, 0, 0, 0, 0, 0, 0, 0])
        + Data(
            (#"{"b":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2,2],"#
                + #""data_offsets":[8,24]}}"#).padding(toLength: 120, withPad: " ", startingAt: 0)
                .utf8
        ) + Data([7, 0, 0, 0, 0, 0, 0, 0])
        + Data([0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64])

    @Test func `a file in Python's order is read`() throws {
        let tensors = try SafeTensors.read(python)
        #expect(tensors["a"]?.floats == [1, 2, 3, 4])
        #expect(tensors["a"]?.shape == [2, 2])
        #expect(tensors["b"]?.integers == [7])
    }

    @Test(arguments: [DType.float32, .float64, .bfloat16, .float16, .int64, .int32, .uint8])
    func `every element type survives`(dtype: DType) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let tensor = Tensor([1, 2, 3, 100] as [Float], [2, 2]).to(dtype)
        try SafeTensors.write(["x": tensor, "empty": Tensor.zeros([0, 3])], to: file)
        let read = try SafeTensors.read(Data(contentsOf: file))
        #expect(read["x"]?.dtype == dtype)
        #expect(read["x"]?.doubles == [1, 2, 3, 100])
        #expect(read["empty"]?.shape == [0, 3])
    }

    @Test(arguments: [
        (8, UInt8(ascii: "x")), (3, 1), (20, UInt8(ascii: "X")), (72, UInt8(ascii: "9")),
    ])
    func `a damaged header is refused`(place: Int, byte: UInt8) {
        var data = python
        data[place] = byte
        #expect(throws: SafeTensorsError.self) { try SafeTensors.read(data) }
    }

    /// 2⁴⁰ · 2⁴⁰ · 4 bytes are more than a number holds.
    @Test(arguments: [
        "1099511627776,1099511627776", "1099511627776,1099511627776,0",
        "0,9223372036854775807,2", "-1,-4", "9223372036854775807",
    ])
    func `a shape that nothing can hold is refused by the tensor's name`(shape: String) {
        let header = Data(
            #"{"a":{"dtype":"F32","shape":[\#(shape)],"data_offsets":[0,0]}}"#.utf8
        )
        let data = Data([UInt8(header.count), 0, 0, 0, 0, 0, 0, 0]) + header
        let error = #expect(throws: SafeTensorsError.self) { try SafeTensors.read(data) }
        #expect(error?.description.contains("'a' has shape") == true)
    }

    @Test func `a truncated file is refused`() {
        for length in [0, 7, 50, python.count - 1] {
            #expect(throws: SafeTensorsError.self) { try SafeTensors.read(python.prefix(length)) }
        }
    }
}
