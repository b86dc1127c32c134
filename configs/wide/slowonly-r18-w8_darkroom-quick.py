_base_ = '../plain/slowonly-r18-w8_darkroom-quick.py'

# A single stream that predicts with as many operations as the two-stream network, within 10 %.
model = dict(backbone=dict(base_channels=12), cls_head=dict(in_channels=96))
