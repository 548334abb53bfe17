import Domain
import Ports
import YajlDocument

/// Parses a literal.
func parsed(_ text: String, _ limits: DocumentLimits = DocumentLimits()) throws(DocumentError) -> JSON {
  try YajlDocument().parse(Array(text.utf8), limits: limits)
}

/// The text of a value.
func written(_ value: JSON, _ layout: JSONWriter.Layout = .compact) -> String {
  String(decoding: value.text(layout), as: UTF8.self)
}
