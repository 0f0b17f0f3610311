"""What tests share: real images, stores that count, damage."""
