import Domain
import Linux
import Testing

@testable import Kit

/// The table of annotations is what the code reads, no more and no less.
@Suite struct AnnotationTests {
  static let sources = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Sources"

  /// Path and text of every Swift file of the project.
  static func files(below path: String = sources) throws -> [(path: String, text: String)] {
    let directory = try Files.open(path, 0)
    var files: [(String, String)] = []
    for name in try Directories.names(directory.number, type: 8) where name.hasSuffix(".swift") {
      let bytes = try Host.read(path + "/" + name, limit: 1 << 20)
      files.append((path + "/" + name, String(decoding: bytes, as: UTF8.self)))
    }
    let again = try Files.open(path, 0)
    for name in try Directories.names(again.number, type: 4) {
      files += try self.files(below: path + "/" + name)
    }
    return files
  }

  @Test("every annotation of the table is read, by nothing but the table")
  func readByTable() throws {
    let files = try AnnotationTests.files()
    #expect(files.count > 200)
    let table = try #require(files.first { $0.path.hasSuffix("/KnownAnnotation.swift") })
    let others = files.filter { $0.path != table.path }
    for annotation in KnownAnnotation.allCases {
      let reading = [
        "text(of: .\(annotation))", "filledText(of: .\(annotation))",
        "KnownAnnotation.\(annotation).rawValue",
      ]
      #expect(
        others.contains { file in reading.contains { file.text.contains($0) } }, "\(annotation) is never read"
      )
      #expect(!others.contains { $0.text.contains("\"" + annotation.rawValue) }, "\(annotation)")
    }
    for file in others {
      #expect(!file.text.contains("annotations.first"), "\(file.path) reads an annotation by itself")
      for prefix in ["run.oci.", "org.systemd.property.", "org.criu."] {
        #expect(!file.text.contains("\"" + prefix), "\(file.path) names an annotation")
      }
    }
  }

  @Test("features names all of them")
  func features() {
    let json = FeaturesDocument.make(capabilities: [])
    let names = KnownAnnotation.allCases.map(\.rawValue) + ["bundle"]
    #expect(json["potentiallyUnsafeConfigAnnotations"] == .array(names.sorted().map { .string($0) }))
  }

  @Test("the documentation names all of them")
  func documentation() throws {
    let path = AnnotationTests.sources + "/../docs/annotations.md"
    let text = String(decoding: try Host.read(path, limit: 1 << 20), as: UTF8.self)
    for annotation in KnownAnnotation.allCases {
      #expect(text.contains("`\(annotation.rawValue)"), "\(annotation)")
    }
  }
}
