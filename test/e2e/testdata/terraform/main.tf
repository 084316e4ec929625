terraform {
  backend "s3" {
    bucket       = "states"
    key          = "fleet/north.tfstate"
    encrypt      = true
    use_lockfile = true

    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_requesting_account_id  = true
    skip_region_validation      = true
  }
}

variable "celsius" {
  type    = number
  default = 21.5
}

resource "terraform_data" "sensor" {
  count = 3
  input = "sensor-${count.index} at ${var.celsius}"
}

output "sensors" {
  value = terraform_data.sensor[*].output
}
