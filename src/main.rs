//! The program: hands the command line to the library and exits with its code.

fn main() {
    std::process::exit(score_tasks::run::main(std::env::args_os()));
}
