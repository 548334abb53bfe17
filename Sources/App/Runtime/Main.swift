import Kit

@main
struct Main {
  static func main() {
    Kit.exit(Kit.main { .standard })
  }
}
