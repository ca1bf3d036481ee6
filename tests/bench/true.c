// SPDX-License-Identifier: MIT
// The payload of every benchmark: a static program that ends at once with exit code 0.

int main(void)
{
    return 0;
}
