//! What stands in for your application in the demo: it says what it finds in its environment, and waits.

fn main() {
    match std::env::var("SECRET_VALUE") {
        Ok(value) => println!("SECRET_VALUE is {value}"),
        Err(_) => println!("SECRET_VALUE is not set"),
    }
    loop {
        std::thread::park();
    }
}
