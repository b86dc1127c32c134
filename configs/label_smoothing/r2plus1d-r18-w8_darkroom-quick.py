_base_ = '../plain/r2plus1d-r18-w8_darkroom-quick.py'

model = dict(cls_head=dict(label_smooth_eps=0.1))
